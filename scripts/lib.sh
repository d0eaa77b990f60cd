# shellcheck shell=bash disable=SC2034
# Shared by the scripts of this folder: source it, do not run it.
# What a fresh Debian 12 machine with Swift lacks is installed here, and nowhere else.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.build/venv

# What the two binaries are built from.
build_packages=(
    libssl-dev libcurl4-openssl-dev libyaml-dev libhiredis-dev libxxhash-dev
    libsimdjson-dev node-llhttp libstdc++-12-dev zlib1g-dev libzstd-dev
)
# What the tests and the checks call. Debian's redis-server may start a service of its own where
# there is an init; no test uses it: each starts a server on a free port.
test_packages=(python3 python3-venv curl procps openssl redis-server libseccomp2 binutils)

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "Installing packages needs root or sudo. By hand: apt-get install $*"
    fi
}

# Installs the Debian packages named, if any is missing; quick and silent when none is.
install_packages() {
    local name missing=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
            missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "Install these first: ${missing[*]}"
    say "Installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "${missing[@]}" >/dev/null
}

need_swift() {
    command -v swift >/dev/null ||
        die "Swift 6.2 or newer is needed: https://www.swift.org/install/linux/"
}

# A Python environment of our own under .build, made again when the pinned list changes.
need_venv() {
    local list=$root/Tests/Integration/requirements.txt python=/usr/bin/python3 stamp
    install_packages python3 python3-venv
    [ -x "$python" ] || python=python3
    stamp=$(sha256sum "$list" | cut -d' ' -f1)
    [ "$(cat "$venv/stamp" 2>/dev/null)" = "$stamp" ] && return 0
    say "Making the Python environment for the tests"
    rm -rf "$venv"
    mkdir -p "$root/.build"
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$list"
    printf '%s\n' "$stamp" >"$venv/stamp"
}

# A container runtime's default filter of system calls, for the tests, as .build/seccomp.json: that
# of Debian's package, which itself would bring half a runtime.
need_seccomp_profile() {
    local profile=$root/.build/seccomp.json package=golang-github-containers-common folder
    [ ! -s "$profile" ] || return 0
    folder=$(mktemp -d)
    (cd "$folder" && apt-get download -qq "$package" && dpkg-deb -x ./*.deb .) >/dev/null 2>&1 ||
        { as_root apt-get update -qq &&
            (cd "$folder" && apt-get download -qq "$package" && dpkg-deb -x ./*.deb .); } \
            >/dev/null 2>&1 || die "Debian's package $package cannot be fetched"
    mkdir -p "$root/.build"
    cp "$folder/usr/share/containers/seccomp.json" "$profile"
    rm -rf "$folder"
}

need_kubectl() {
    command -v kubectl >/dev/null || install_packages kubernetes-client
}

# A crash handler that waits for input would hang every script here.
export SWIFT_BACKTRACE=${SWIFT_BACKTRACE:-enable=no}

# build_products CONFIGURATION: builds both binaries and sets SIDEGATE and SIDEGATEC, unless both
# are set already.
build_products() {
    local flags=(-c "$1")
    [ "$1" = debug ] || flags+=(--static-swift-stdlib)
    if [ -z "${SIDEGATE:-}" ] || [ -z "${SIDEGATEC:-}" ]; then
        need_swift
        install_packages "${build_packages[@]}"
        swift build --package-path "$root" "${flags[@]}" --product sidegatec || return 1
        swift build --package-path "$root" "${flags[@]}" --product sidegate || return 1
        SIDEGATE=$root/.build/$1/sidegate
        SIDEGATEC=$root/.build/$1/sidegatec
    fi
    export SIDEGATE SIDEGATEC
}
