# The end of every image of the sandbox: sandbox/image.py appends it to the Dockerfile of each language. What depends on
# the runner comes last, so that a change of the runner leaves the layers of the toolchain as they are.
USER root
SHELL ["/bin/sh", "-c"]

RUN set -eu; \
    /usr/bin/python3 -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
        echo "process 1 of a sandbox is a Python program: the image needs /usr/bin/python3, 3.11 or newer" >&2; exit 1; }; \
    [ "$(wc -w </opt/assay/version)" = 1 ] || { \
        echo "the Dockerfile has to write the exact version of the language to /opt/assay/version" >&2; exit 1; }; \
    rm -f /tmp/build-ca.pem; \
    groupadd --gid 10001 program; \
    useradd --uid 10001 --gid 10001 --home-dir /work --no-create-home --shell /usr/sbin/nologin program; \
    mkdir -p /work; \
    find / -xdev -perm /6000 -type f -exec chmod a-s {} +

COPY runner /opt/assay/runner
RUN /usr/bin/python3 -m compileall -q -f /opt/assay/runner

HEALTHCHECK NONE
WORKDIR /work
# The environment is emptied before the runner starts; -I and -S keep everything but the runner's own code out of it.
ENTRYPOINT ["/usr/bin/env", "-i", "/usr/bin/python3", "-I", "-S", "-B", "-c", \
            "import sys; sys.path.insert(0, '/opt/assay'); from runner.main import main; main()"]
