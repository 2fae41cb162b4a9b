// SPDX-License-Identifier: Apache-2.0

/// The commands and options of Docker's command line that scripts use, as of Docker 28: a name, or a
/// name and its letter.
enum DockerOptions {
    static let commands: [(path: String, options: String)] = [
        (
            "container run",
            """
            add-host attach/a cap-add cap-drop cidfile cpu-shares/c cpus cpuset-cpus detach-keys \
            detach/d device dns dns-search entrypoint env-file env/e expose group-add health-cmd \
            health-interval health-retries health-start-period health-timeout help hostname/h \
            init interactive/i ip ipc label-file label/l log-driver log-opt memory-swap memory/m \
            mount name net network network-alias no-healthcheck pid pids-limit platform \
            privileged publish-all/P publish/p pull quiet/q read-only restart rm security-opt \
            shm-size sig-proxy stop-signal stop-timeout sysctl tmpfs tty/t ulimit user/u userns \
            volume/v volumes-from workdir/w
            """
        ),
        (
            "run",
            """
            add-host attach/a cap-add cap-drop cidfile cpu-shares/c cpus cpuset-cpus detach-keys \
            detach/d device dns dns-search entrypoint env-file env/e expose group-add health-cmd \
            health-interval health-retries health-start-period health-timeout help hostname/h \
            init interactive/i ip ipc label-file label/l log-driver log-opt memory-swap memory/m \
            mount name net network network-alias no-healthcheck pid pids-limit platform \
            privileged publish-all/P publish/p pull quiet/q read-only restart rm security-opt \
            shm-size sig-proxy stop-signal stop-timeout sysctl tmpfs tty/t ulimit user/u userns \
            volume/v volumes-from workdir/w
            """
        ),
        (
            "container create",
            """
            add-host attach/a cap-add cap-drop cidfile cpu-shares/c cpus cpuset-cpus device dns \
            dns-search entrypoint env-file env/e expose group-add health-cmd health-interval \
            health-retries health-start-period health-timeout help hostname/h init interactive/i \
            ip ipc label-file label/l log-driver log-opt memory-swap memory/m mount name net \
            network network-alias no-healthcheck pid pids-limit platform privileged publish-all/P \
            publish/p pull quiet/q read-only restart rm security-opt shm-size stop-signal \
            stop-timeout sysctl tmpfs tty/t ulimit user/u userns volume/v volumes-from workdir/w
            """
        ),
        (
            "create",
            """
            add-host attach/a cap-add cap-drop cidfile cpu-shares/c cpus cpuset-cpus device dns \
            dns-search entrypoint env-file env/e expose group-add health-cmd health-interval \
            health-retries health-start-period health-timeout help hostname/h init interactive/i \
            ip ipc label-file label/l log-driver log-opt memory-swap memory/m mount name net \
            network network-alias no-healthcheck pid pids-limit platform privileged publish-all/P \
            publish/p pull quiet/q read-only restart rm security-opt shm-size stop-signal \
            stop-timeout sysctl tmpfs tty/t ulimit user/u userns volume/v volumes-from workdir/w
            """
        ),
        ("container exec", "detach/d env-file env/e interactive/i tty/t user/u workdir/w"),
        ("exec", "detach/d env-file env/e interactive/i tty/t user/u workdir/w"),
        ("container ls", "all/a filter/f format last/n latest/l no-trunc quiet/q size/s"),
        ("ps", "all/a filter/f format last/n latest/l no-trunc quiet/q size/s"),
        ("container list", "all/a filter/f format last/n latest/l no-trunc quiet/q size/s"),
        ("container ps", "all/a filter/f format last/n latest/l no-trunc quiet/q size/s"),
        ("container start", "attach/a detach-keys interactive/i"),
        ("start", "attach/a detach-keys interactive/i"),
        ("container stop", "signal/s timeout/t"),
        ("stop", "signal/s timeout/t"),
        ("container restart", "signal/s timeout/t"),
        ("restart", "signal/s timeout/t"),
        ("container kill", "signal/s"),
        ("kill", "signal/s"),
        ("container rm", "force/f volumes/v"),
        ("rm", "force/f volumes/v"),
        ("container remove", "force/f volumes/v"),
        ("container logs", "follow/f since tail/n timestamps/t until"),
        ("logs", "follow/f since tail/n timestamps/t until"),
        ("container attach", "detach-keys no-stdin sig-proxy"),
        ("attach", "detach-keys no-stdin sig-proxy"),
        ("inspect", "format/f type"),
        ("container inspect", "format/f"),
        ("container top", ""),
        ("top", ""),
        ("container port", ""),
        ("port", ""),
        ("container stats", "all/a format no-stream"),
        ("stats", "all/a format no-stream"),
        ("container pause", ""),
        ("pause", ""),
        ("container unpause", ""),
        ("unpause", ""),
        ("container rename", ""),
        ("rename", ""),
        ("container wait", ""),
        ("wait", ""),
        ("container update", "cpus memory-swap memory/m pids-limit restart"),
        ("update", "cpus memory-swap memory/m pids-limit restart"),
        ("container cp", "archive/a follow-link/L"),
        ("cp", "archive/a follow-link/L"),
        ("container diff", ""),
        ("diff", ""),
        ("container export", "output/o"),
        ("export", "output/o"),
        ("container commit", "author/a change/c message/m pause/p"),
        ("commit", "author/a change/c message/m pause/p"),
        ("container prune", "filter force/f"),
        ("container", ""),
        ("image ls", "all/a digests filter/f format no-trunc quiet/q"),
        ("images", "all/a digests filter/f format no-trunc quiet/q"),
        ("image list", "all/a digests filter/f format no-trunc quiet/q"),
        ("image pull", "platform quiet/q"),
        ("pull", "platform quiet/q"),
        ("image push", "quiet/q"),
        ("push", "quiet/q"),
        (
            "image build",
            """
            add-host build-arg file/f iidfile label load network no-cache output/o platform \
            progress pull push quiet/q secret tag/t target
            """
        ),
        (
            "build",
            """
            add-host build-arg file/f iidfile label load network no-cache output/o platform \
            progress pull push quiet/q secret tag/t target
            """
        ),
        ("image tag", ""),
        ("tag", ""),
        ("image rm", "force/f"),
        ("rmi", "force/f"),
        ("image remove", "force/f"),
        ("image history", "format human/H no-trunc quiet/q"),
        ("history", "format human/H no-trunc quiet/q"),
        ("image inspect", "format/f"),
        ("image save", "output/o"),
        ("save", "output/o"),
        ("image load", "input/i quiet/q"),
        ("load", "input/i quiet/q"),
        ("image import", "change/c message/m"),
        ("import", "change/c message/m"),
        ("image prune", "all/a filter force/f"),
        ("image", ""),
        ("login", "password-stdin password/p username/u"),
        ("logout", ""),
        ("search", "limit"),
        ("network create", "driver/d gateway internal ipv6 label opt/o subnet"),
        ("network ls", "filter/f format no-trunc quiet/q"),
        ("network list", "filter/f format no-trunc quiet/q"),
        ("network rm", "force/f"),
        ("network remove", "force/f"),
        ("network inspect", "format/f"),
        ("network connect", "alias ip"),
        ("network disconnect", "force/f"),
        ("network prune", "filter force/f"),
        ("network", ""),
        ("volume create", "label opt/o"),
        ("volume ls", "filter/f format quiet/q"),
        ("volume list", "filter/f format quiet/q"),
        ("volume rm", "force/f"),
        ("volume remove", "force/f"),
        ("volume inspect", "format/f"),
        ("volume prune", "all/a filter force/f"),
        ("volume", ""),
        ("system df", "format verbose/v"),
        ("system prune", "all/a filter force/f volumes"),
        ("system events", "filter/f format since until"),
        ("events", "filter/f format since until"),
        ("system info", "format/f"),
        ("info", "format/f"),
        ("system", ""),
        ("version", "format/f"),
        ("help", ""),
    ]
}
