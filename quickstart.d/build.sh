# shellcheck shell=bash
# Of quickstart: the programs, built out of tree in build/, and a copy for the daemon to run from.

build_programs() {
    local log=$build/quickstart.log jobs
    jobs=$(nproc)
    mkdir -p "$build"
    : >"$log"
    step "building (in build/)"
    [[ -x $root/configure && $root/configure -nt $root/configure.ac ]] || quietly "$log" "$root/autogen.sh"
    if [[ ! -e $build/Makefile ]]; then
        quietly "$log" env --chdir="$build" "$root/configure" --prefix=/usr --sysconfdir=/etc --localstatedir=/var
    fi
    quietly "$log" make -C "$build" --no-print-directory -j"$jobs"
}

# The unprivileged user may not be able to reach this checkout (in /root, say).
build_install() {
    installed=$state/install
    quietly "$build/quickstart.log" make -C "$build" --no-print-directory install "DESTDIR=$installed"
}
