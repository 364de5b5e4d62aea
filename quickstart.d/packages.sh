# shellcheck shell=bash
# Of quickstart: the packages. The list is debian/control's Build-Depends, and no other.

# The names in Build-Depends, one a line, and what Debian takes for granted when building.
packages_list() {
    awk '
        /^Build-Depends:/ { inside = 1; sub(/^[^:]*:/, "") }
        inside && /^[^ \t#]/ && !/^Build-Depends:/ && NR > 1 && seen { inside = 0 }
        inside {
            seen = 1
            gsub(/<[^>]*>/, ""); gsub(/\([^)]*\)/, "")
            n = split($0, names, ",")
            for (i = 1; i <= n; i++) {
                sub(/\|.*/, "", names[i]); gsub(/[ \t]/, "", names[i])
                if (names[i] == "debhelper-compat") names[i] = "debhelper"
                if (names[i] != "") print names[i]
            }
        }
    ' "$root/debian/control"
    say build-essential
}

# Those of them that are not installed.
packages_missing() {
    local name
    while read -r name; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || say "$name"
    done < <(packages_list)
}

packages_install() {
    local missing sudo=() log
    command -v dpkg-query apt-get >/dev/null ||
        fail "this needs Debian's apt-get and dpkg-query; elsewhere install what debian/control lists, then: ./autogen.sh && ./configure && make"
    mapfile -t missing < <(packages_missing)
    ((${#missing[@]} > 0)) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "these packages are missing, and there is no sudo to install them with; as root: apt-get install ${missing[*]}"
        sudo=(sudo)
    fi
    log=$(mktemp -t entitled-quickstart-packages.XXXXXX)
    step "installing what is missing: ${missing[*]}"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --error-on=any update >"$log" 2>&1 ||
        packages_failed "the package lists cannot be fetched (is this machine online?)" "$log"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends install \
        "${missing[@]}" >>"$log" 2>&1 ||
        packages_failed "the packages cannot be installed" "$log"
    rm -f "$log"
}

# Says what apt-get said last.
packages_failed() {
    tail -n 15 "$2" >&2
    fail "$1; all of what apt-get said is in $2"
}
