# SPDX-License-Identifier: Apache-2.0
"""The archives that every peer can load: docker-archives, uncompressed, made without a network."""

import hashlib
import io
import json
import random
import tarfile

MEBI = 1 << 20


def busybox(source, target):
    """Rewrites our OCI archive as a docker-archive, which docker 20.10 understands too."""
    with tarfile.open(source) as archive:
        def blob(digest):
            return archive.extractfile("blobs/sha256/" + digest.removeprefix("sha256:")).read()

        index = json.load(archive.extractfile("index.json"))
        manifest = json.loads(blob(index["manifests"][0]["digest"]))
        config = blob(manifest["config"]["digest"])
        layer = blob(manifest["layers"][0]["digest"])
    _write(target, "busybox:latest", config, [layer])


def unpack(source, directory):
    """The root file system of a docker-archive made here."""
    with tarfile.open(source) as archive:
        for name in json.load(archive.extractfile("manifest.json"))[0]["Layers"]:
            with tarfile.open(fileobj=archive.extractfile(name)) as layer:
                layer.extractall(directory, numeric_owner=True)


def large(target, name, megabytes=350):
    """Three layers like those of real images: many small files, some middling, a few large."""
    shares = [(0.34, 16 << 10), (0.33, 96 << 10), (0.33, 5 * MEBI)]
    layers = [_layer(number, int(megabytes * MEBI * share), size)
              for number, (share, size) in enumerate(shares)]
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z",
        "config": {"Cmd": ["/none"]},
        "rootfs": {"type": "layers", "diff_ids": [
            "sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]},
        "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "bench"}] * len(layers),
    }).encode()
    _write(target, name, config, layers)


def _layer(number, size, mean):
    """About `size` bytes in files of about `mean` bytes; the same ones each time."""
    source = random.Random(number)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as layer:
        done = count = 0
        while done < size:
            if count % 100 == 0:
                _add(layer, f"layer{number}/part{count // 100}", None)
            content = source.randbytes(source.randint(mean // 2, mean * 3 // 2))
            _add(layer, f"layer{number}/part{count // 100}/file{count}", content)
            done += len(content)
            count += 1
    return stream.getvalue()


def _add(archive, name, content):
    """One file, or a directory when there is no content."""
    entry = tarfile.TarInfo(name)
    entry.mtime = 1767225600
    entry.mode = 0o644
    if content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    else:
        entry.size = len(content)
    archive.addfile(entry, None if content is None else io.BytesIO(content))


def _write(target, name, config, layers):
    """A docker-archive: manifest.json names the configuration and the layers."""
    identity = hashlib.sha256(config).hexdigest()
    names = [hashlib.sha256(layer).hexdigest() + "/layer.tar" for layer in layers]
    manifest = [{"Config": identity + ".json", "RepoTags": [name], "Layers": names}]
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for path, layer in zip(names, layers):
            _add(archive, path.removesuffix("/layer.tar"), None)
            _add(archive, path, layer)
        _add(archive, identity + ".json", config)
        _add(archive, "manifest.json", json.dumps(manifest).encode())
