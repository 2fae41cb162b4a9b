# SPDX-License-Identifier: Apache-2.0
"""A registry that does wrong, in the way that the repository's name says.

hostile-registry.py DIRECTORY: listens on 127.0.0.1 and 127.0.0.2, prints its port, and writes every
request with what it was told of credentials to DIRECTORY/requests.
"""

import gzip
import hashlib
import http.server
import io
import json
import sys
import tarfile
import threading
import time

DIRECTORY = sys.argv[1]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
LOCK = threading.Lock()
SEEN = {}


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(media_type, content, **more):
    return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}


def layer(name, size):
    """A tar of one file that does not compress well."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = size
        seed = hashlib.sha256(name.encode()).digest()
        content = b"".join(
            hashlib.sha256(seed + number.to_bytes(8, "big")).digest()
            for number in range((size + 31) // 32))[:size]
        archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def bomb():
    """2 GiB out of 2 MB: gzip members, one after the other, are one stream."""
    header = tarfile.TarInfo("zeros")
    header.size = 2 << 30
    return gzip.compress(header.tobuf()) + gzip.compress(bytes(64 << 20)) * 32


TARS = [layer("one", 3 << 20), layer("two", 200_000)]
BLOBS = [gzip.compress(tar, 1) for tar in TARS]


def image(blobs=None, diff_ids=None, **change):
    blobs = BLOBS if blobs is None else blobs
    diff_ids = [digest(tar) for tar in TARS] if diff_ids is None else diff_ids
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/none"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": [],
    }).encode()
    manifest = {
        "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, config),
        "layers": [descriptor(LAYER, blob) for blob in blobs], **change,
    }
    return manifest, {digest(content): content for content in [config, *blobs]}


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        with LOCK:
            with open(f"{DIRECTORY}/requests", "a") as log:
                told = self.headers.get("Authorization", "-")
                span = self.headers.get("Range", "-")
                print(self.headers.get("Host"), self.path, told, span, sep="\t", file=log)
            SEEN[self.path] = SEEN.get(self.path, 0) + 1
        parts = self.path.split("?")[0].strip("/").split("/")
        try:
            if parts[0] == "token":
                self.answer(200, json.dumps({"token": "t0k3n"}).encode(), "application/json")
            elif parts == ["v2"]:
                self.answer(200, b"{}", "application/json")
            elif parts[0] == "elsewhere":
                self.answer(200, image()[1][parts[1]], "application/octet-stream")
            elif len(parts) == 4 and parts[0] == "v2":
                self.serve(*parts[1:])
            else:
                self.error(404, "NAME_UNKNOWN")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, status, content, media_type, **headers):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def error(self, status, code, **headers):
        content = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
        self.answer(status, content, "application/json", **headers)

    def host(self, other=False):
        name, port = self.headers["Host"].rsplit(":", 1)
        return f"127.0.0.{2 if other else 1}:{port}" if name.startswith("127.") else f"{name}:{port}"

    def serve(self, mode, kind, target):
        if mode == "too-many":
            return self.error(429, "TOOMANYREQUESTS", Retry_After="1")
        if mode == "too-many-for-long":
            return self.error(429, "TOOMANYREQUESTS", Retry_After="86400")
        if mode == "broken":
            return self.error(500, "UNKNOWN")
        if mode == "broken-once" and SEEN[self.path] == 1:
            return self.error(500, "UNKNOWN")
        if mode in ("unauthorized", "realm-elsewhere", "token-once"):
            told = self.headers.get("Authorization", "")
            if mode != "token-once" or told != "Bearer t0k3n":
                host = self.host(other=mode == "realm-elsewhere")
                return self.error(401, "UNAUTHORIZED", WWW_Authenticate=(
                    f'Bearer realm="http://{host}/token",service="here"'))
        if kind == "manifests":
            return self.manifest(mode, target)
        return self.blob(mode, target)

    def manifest(self, mode, target):
        media_type = MANIFEST
        document, _ = self.image(mode)
        if mode == "both":
            document["manifests"] = [descriptor(MANIFEST, b"x")]
        elif mode == "own-index":
            media_type = INDEX
            document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
                {"mediaType": INDEX, "digest": "sha256:" + "0" * 64, "size": 0,
                 "platform": {"os": "linux", "architecture": "amd64"}}]}
        elif mode == "deep-index":
            media_type = INDEX
            depth = 0 if target == "latest" else int(DEPTHS.get(target, 0))
            document = NESTED[depth]
        elif mode == "no-platform":
            media_type = INDEX
            document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
                descriptor(MANIFEST, b"x", platform={"os": "linux", "architecture": "s390x"})]}
        elif mode == "schema-1":
            document, media_type = {"schemaVersion": 1, "name": "x"}, (
                "application/vnd.docker.distribution.manifest.v1+prettyjws")
        elif mode == "schema-3":
            document["schemaVersion"] = 3
        elif mode == "no-json":
            return self.answer(200, b"<html>", "text/html")
        elif mode == "endless-manifest":
            return self.endless(MANIFEST, b" " * 65536)
        elif mode == "foreign-layer":
            document["layers"][0]["mediaType"] = (
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
        elif mode == "odd-layer":
            document["layers"][0]["mediaType"] = "application/vnd.example.model"
        elif mode == "many-layers":
            document["layers"] = document["layers"][:1] * 10000
        elif mode == "negative-size":
            document["layers"][0]["size"] = -5
        content = json.dumps(document).encode()
        stated = "sha256:" + "1" * 64 if mode == "wrong-manifest" else digest(content)
        return self.answer(200, content, media_type, Docker_Content_Digest=stated)

    def image(self, mode):
        if mode == "bomb":
            return image([BOMB], [digest(b"")])
        if mode == "wrong-diff":
            return image(diff_ids=[digest(b"a"), digest(b"b")])
        if mode == "no-archive":
            return image([b"not an archive " * 1000], [digest(b"not an archive " * 1000)])
        return image()

    def blob(self, mode, target):
        content = self.image(mode)[1].get(target)
        if content is None or mode == "no-blob" and target == digest(BLOBS[0]):
            return self.error(404, "BLOB_UNKNOWN")
        binary = "application/octet-stream"
        if target != digest(BLOBS[0]):
            return self.answer(200, content, binary)
        if mode == "wrong-digest":
            return self.answer(200, content[:-9] + b"something", binary)
        if mode == "wrong-size":
            return self.answer(200, content + b"more", binary)
        if mode == "redirect-elsewhere":
            where = f"http://{self.host(other=True)}/elsewhere/{target}"
            return self.answer(307, b"", binary, Location=where)
        if mode == "redirect-for-ever":
            return self.answer(307, b"", binary, Location=self.path)
        if mode == "redirect-nowhere":
            return self.answer(307, b"", binary, Location="file:///etc/passwd")
        if mode == "endless":
            return self.endless(binary, bytes(65536))
        if mode in ("truncated", "slow", "breaks", "stops"):
            return self.partly(mode, content)
        return self.answer(200, content, binary)

    def endless(self, media_type, piece):
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def partly(self, mode, content):
        """`truncated` never gets past the half, `breaks` sends a tenth each time."""
        span = self.headers.get("Range")
        start = int(span.split("=")[1].split("-")[0]) if span else 0
        self.send_response(206 if span else 200)
        if span:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.close_connection = True
        if mode == "slow":
            for number in range(start, len(content)):
                self.wfile.write(content[number:number + 1])
                time.sleep(0.1)
        elif mode == "stops":
            # Nine tenths, and then nothing, until whoever asks is killed; after that, all.
            if span:
                return self.wfile.write(content[start:])
            self.wfile.write(content[:len(content) * 9 // 10])
            self.wfile.flush()
            time.sleep(600)
        else:
            end = len(content) // 2 if mode == "truncated" else start + len(content) // 4 + 1
            self.wfile.write(content[start:end])
        return None


def nested():
    """Indexes in each other, eight deep."""
    documents = [json.loads("{}")]
    documents[0] = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    for _ in range(8):
        content = json.dumps(documents[0]).encode()
        documents.insert(0, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            descriptor(INDEX, content, platform={"os": "linux", "architecture": "amd64"})]})
    return documents


BOMB = bomb()
NESTED = nested()
DEPTHS = {digest(json.dumps(document).encode()): depth for depth, document in enumerate(NESTED)}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


first = Server(("127.0.0.1", 0), Registry)
second = Server(("127.0.0.2", first.server_address[1]), Registry)
threading.Thread(target=second.serve_forever, daemon=True).start()
print(first.server_address[1], flush=True)
first.serve_forever()
