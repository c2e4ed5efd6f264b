#!/bin/sh
# Installs the Debian packages named as COMMAND=PACKAGE or LIBRARY.so.N=PACKAGE whose command or library
# is not there yet. "venv" stands for the Python that makes virtual environments, which Debian splits off.
set -eu

library_exists() {
    for path in "${LIBRARIES:-/usr/lib}/$1" "${LIBRARIES:-/usr/lib}"/*/"$1"; do
        [ ! -e "$path" ] || return 0
    done
    return 1
}

missing=""
for pair in "$@"; do
    command=${pair%%=*}
    package=${pair#*=}
    case "$command" in
        venv) "${PYTHON:-python3}" -c "import ensurepip, venv" 2>/dev/null || missing="$missing $package" ;;
        *.so.*) library_exists "$command" || missing="$missing $package" ;;
        *) command -v "$command" >/dev/null 2>&1 || missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    as_root="none"
fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing system packages. Install them, then run make again:$missing" >&2
    exit 1
fi

echo "Installing system packages:$missing"
$as_root apt-get -qq update
# shellcheck disable=SC2086 # a list of package names
DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y --no-install-recommends $missing >/dev/null
