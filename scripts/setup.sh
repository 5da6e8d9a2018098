#!/usr/bin/env bash
# Installs what a purpose needs and this machine lacks. Safe to run again and again; asks nothing.
#
#   scripts/setup.sh demo       what `make demo` needs: a Rust toolchain and a C compiler
#   scripts/setup.sh build      demo + CMake
#   scripts/setup.sh test       build + a second C compiler, C++, rustfmt, clippy, pkg-config, abidiff,
#                               bindgen, what makes packages
#   scripts/setup.sh package    build + what makes Debian packages
#   scripts/setup.sh docs       doxygen and mandoc
#   scripts/setup.sh valgrind   build + valgrind
#   scripts/setup.sh asan       build (the address sanitizer comes with gcc and Rust)
#   scripts/setup.sh tsan       build + clang 22 and a second Rust toolchain with its sources, called debweb
#   scripts/setup.sh windows    build + the cross compiler for Windows, wine and debweb
#   scripts/setup.sh arm64      build + the cross compiler for 64-bit Arm, qemu and debweb
#   scripts/setup.sh gui        build + GTK 3, and what reads a window's text from a screen in memory
#   scripts/setup.sh proxies    build + tinyproxy and microsocks
#   scripts/setup.sh browser    build + Node.js and Chromium
#   scripts/setup.sh conformance  a Rust toolchain, a C compiler and Python
#   scripts/setup.sh sdks       build + Node.js, Python and OpenSSL
#   scripts/setup.sh check-all  all of these + the second C compiler and the longer checks' tools
#
# As root on Debian and its relatives it installs with apt-get; otherwise it prints what to install and exits 1.
set -euo pipefail

purpose="${1:-test}"

# need COMMAND DEBIAN_PACKAGE: remember the package when the command is missing.
packages=()
missing=()
need() {
  if ! command -v "$1" >/dev/null 2>&1; then
    packages+=("$2")
    missing+=("$1")
  fi
}

# need_file PATTERN DEBIAN_PACKAGE: remember the package when no file has such a name.
need_file() {
  if ! compgen -G "$1" >/dev/null; then
    packages+=("$2")
    missing+=("a file of $2")
  fi
}

# The system's C headers may be absent although a compiler is there.
need_c_headers() {
  if command -v cc >/dev/null 2>&1 && ! echo '#include <stdio.h>' | cc -E -x c - >/dev/null 2>&1; then
    packages+=(libc6-dev)
    missing+=("stdio.h")
  fi
}

need_rust() {
  if ! command -v cargo >/dev/null 2>&1; then
    echo "setup: cargo is not on the PATH. Install stable Rust (1.88 or later) with rustup, https://rustup.rs, and run this again." >&2
    exit 1
  fi
}

# rustfmt and clippy come with rustup's default profile; the minimal profile lacks them.
need_component() {
  local component="$1" command="$2"
  if cargo "$command" --version >/dev/null 2>&1; then return; fi
  if command -v rustup >/dev/null 2>&1; then
    echo "setup: installing the Rust component $component: rustup component add $component"
    rustup component add "$component"
  else
    echo "setup: cargo $command is missing. Install the Rust component $component (rustup component add $component)." >&2
    exit 1
  fi
}

# Debian's python3 comes without what makes virtual environments.
need_venv() {
  need python3 python3
  if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
    packages+=(python3-venv)
    missing+=("python3 -m venv")
  fi
}

need_node() {
  need node nodejs
  need npm npm
  node_needed=1
}

# Older releases of Debian have a Node.js that the tests cannot use.
check_node() {
  if [ -z "${node_needed:-}" ]; then return; fi
  if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 11) ? 0 : 1)'; then
    echo "setup: Node.js is $(node --version); 20.11 or later is needed. Install it from nodejs.org and run this again." >&2
    exit 1
  fi
}

demo() { need_rust; need cc gcc; need_c_headers; }
build() { demo; need cmake cmake; }
packages() { build; need file file; need gzip gzip; if command -v dpkg >/dev/null 2>&1; then need dpkg-shlibdeps dpkg-dev; fi; }
docs() { need doxygen doxygen; need mandoc mandoc; }
tests() {
  packages
  need g++ g++
  need clang clang
  need pkg-config pkg-config
  need abidiff abigail-tools
  need bindgen bindgen
  need_component rustfmt fmt
  need_component clippy clippy
}
valgrind() { build; need valgrind valgrind; }
# The thread sanitizer needs a standard library that was built for it, and for that the sources of the compiler's own version.
tsan() {
  build
  need clang-22 clang-22
  need llvm-symbolizer-22 llvm-22
  need_file '/usr/lib/llvm-22/lib/clang/22/lib/*/libclang_rt.tsan*' libclang-rt-22-dev
  need_file '/usr/src/rustc-*/library/std/Cargo.toml' rust-web-src
  need_file /usr/bin/rustc rustc-web
  need_file /usr/bin/cargo cargo-web
}
# Another machine's library: its C compiler, what runs its programs here, and a Rust toolchain with the sources of its own
# standard library, called debweb.
cross() {
  build
  need_file '/usr/src/rustc-*/library/std/Cargo.toml' rust-web-src
  need_file /usr/bin/rustc rustc-web
  need_file /usr/bin/cargo cargo-web
}
windows() {
  cross
  need x86_64-w64-mingw32-gcc-posix gcc-mingw-w64-x86-64
  need x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64
  need wine wine
  need_file '/usr/lib/wine/wine64' wine64
}
arm64() {
  cross
  need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
  need aarch64-linux-gnu-g++ g++-aarch64-linux-gnu
  need_file /usr/aarch64-linux-gnu/lib/libc.so.6 libc6-dev-arm64-cross
  need qemu-aarch64-static qemu-user-static
  need file file
}
browser() { build; need_node; [ -n "${OTC_CHROMIUM:-}" ] || need chromium chromium; }
proxies() { build; need tinyproxy tinyproxy; need microsocks microsocks; }
# The window of the GTK example: its toolkit, a screen in memory, and what types, takes pictures and reads them.
gui() {
  build
  need pkg-config pkg-config
  need_file '/usr/lib/*/pkgconfig/gtk+-3.0.pc' libgtk-3-dev
  need Xvfb xvfb
  need xdotool xdotool
  need import imagemagick
  need tesseract tesseract-ocr
  need_file '/usr/share/tesseract-ocr/*/tessdata/eng.traineddata' tesseract-ocr-eng
  need_file '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' fonts-dejavu-core
  need_file '/usr/share/icons/Adwaita/index.theme' adwaita-icon-theme
}
conformance() { demo; need_venv; }
sdks() { build; need_node; need_venv; need openssl openssl; }
check_all() { tests; browser; sdks; docs; need valgrind valgrind; need lintian lintian; need fakeroot fakeroot; need_mingw; }
# Only compiles, to see the headers as a program for Windows does.
need_mingw() { need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64; need x86_64-w64-mingw32-g++ g++-mingw-w64-x86-64; }

case "$purpose" in
  demo) demo ;;
  build) build ;;
  test) tests ;;
  package) packages ;;
  docs) docs ;;
  valgrind) valgrind ;;
  asan) build ;;
  tsan) tsan ;;
  windows) windows ;;
  arm64) arm64 ;;
  gui) gui ;;
  proxies) proxies ;;
  browser) browser ;;
  conformance) conformance ;;
  sdks) sdks ;;
  check-all) check_all ;;
  *)
    echo "setup: unknown purpose '$purpose'; allowed: demo, build, test, package, docs, valgrind, asan, tsan, windows, arm64, gui, proxies, browser, conformance, sdks, check-all" >&2
    exit 1
    ;;
esac

if [ "${#packages[@]}" -eq 0 ]; then
  check_node
  exit 0
fi

install="apt-get install -y --no-install-recommends ${packages[*]}"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: missing: ${missing[*]}. Install what your system calls the Debian packages: ${packages[*]}" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "setup: missing: ${missing[*]}. Run as root: apt-get update && $install" >&2
  exit 1
fi

echo "setup: missing: ${missing[*]}; running: $install"
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -o DPkg::Lock::Timeout=600 -q "$@" </dev/null; }
# A fresh machine has no package lists, or old ones that name versions no longer served: update when the first try fails.
if ! apt install -y --no-install-recommends "${packages[@]}"; then
  apt update
  apt install -y --no-install-recommends "${packages[@]}"
fi
for command in "${missing[@]}"; do
  case "$command" in *.h | *" "*) continue ;; esac # no commands
  if ! command -v "$command" >/dev/null 2>&1; then
    echo "setup: installed ${packages[*]}, but $command is still not on the PATH" >&2
    exit 1
  fi
done
check_node
