# The end of every image of the sandbox: sandbox/image.py appends it to the Dockerfile of each language. What depends on
# the runner comes last, so that a change of the runner leaves the layers of the toolchain as they are.
USER root
SHELL ["/bin/sh", "-c"]

# The daemon does not manage the network of these containers, nor /etc/hosts: "localhost" and the host's own name are
# known by this module of the C library.
RUN set -eu; \
    if ! grep -qs myhostname /etc/nsswitch.conf; then \
        command -v apt-get >/dev/null || { \
            echo "the image needs nss-myhostname, by which localhost is known, in /etc/nsswitch.conf" >&2; exit 1; }; \
        options="-o Acquire::Retries=3"; \
        if [ -s /tmp/build-ca.pem ]; then options="$options -o Acquire::https::CAInfo=/tmp/build-ca.pem"; fi; \
        export DEBIAN_FRONTEND=noninteractive; \
        apt-get $options update; \
        apt-get $options install -y --no-install-recommends libnss-myhostname; \
        rm -rf /var/lib/apt/lists/* /var/cache/apt/*; \
        grep -q myhostname /etc/nsswitch.conf; \
    fi

RUN set -eu; \
    /usr/bin/python3 -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
        echo "process 1 of a sandbox is a Python program: the image needs /usr/bin/python3, 3.11 or newer" >&2; exit 1; }; \
    [ "$(wc -w </opt/assay/version)" = 1 ] || { \
        echo "the Dockerfile has to write the exact version of the language to /opt/assay/version" >&2; exit 1; }; \
    rm -f /tmp/build-ca.pem; \
    groupadd --gid 10001 program; \
    useradd --uid 10001 --gid 10001 --home-dir /work --no-create-home --shell /usr/sbin/nologin program; \
    install -d -m 0700 -o program -g program /work; \
    find / -xdev -perm /6000 -type f -exec chmod a-s {} +

COPY runner /opt/assay/runner
RUN /usr/bin/python3 -m compileall -q -f /opt/assay/runner

HEALTHCHECK NONE
WORKDIR /work
# The environment is emptied before the runner starts; -I and -S keep everything but the runner's own code out of it.
ENTRYPOINT ["/usr/bin/env", "-i", "/usr/bin/python3", "-I", "-S", "-B", "-c", \
            "import sys; sys.path.insert(0, '/opt/assay'); from runner.main import main; main()"]
