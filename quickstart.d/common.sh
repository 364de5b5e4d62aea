# shellcheck shell=bash
# Of quickstart: where things are, what is said, and the directory of its state.

if ((EUID == 0)); then
    default_state=/var/lib/entitled-quickstart
else
    default_state=${XDG_STATE_HOME:-$HOME/.local/state}/entitled-quickstart
fi
state=${ENTITLED_QUICKSTART_DIR:-$default_state}
config=${XDG_CONFIG_HOME:-$HOME/.config}/entitle
build=$root/build
entitle=$build/entitle

say() {
    printf '%s\n' "$*"
}

# A step that takes a while: what is being done now.
step() {
    printf '  %s\n' "$*" >&2
}

fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

usage() {
    printf 'quickstart: %s; try: ./quickstart help\n' "$*" >&2
    exit 2
}

# quietly LOG COMMAND…: its output goes to LOG; if it fails, the end of that is shown.
quietly() {
    local log=$1
    shift
    if ! "$@" >>"$log" 2>&1; then
        printf '\n' >&2
        tail -n 30 "$log" >&2
        fail "this failed: $* (all of it is in $log)"
    fi
}

# until_true SECONDS COMMAND…: true as soon as the command is, false at the deadline.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

state_exists() {
    [[ -e $state/made-by-quickstart ]]
}

# As root the servers run as an unprivileged user of their own.
service_user=entitled-quickstart

if ((EUID == 0)); then
    as_service=(setpriv --reuid "$service_user" --regid "$service_user" --clear-groups --no-new-privs --)
else
    as_service=()
fi

state_prepare() {
    if ((EUID == 0)); then
        getent passwd "$service_user" >/dev/null ||
            useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$service_user"
    fi
    [[ $state == /* ]] || fail "ENTITLED_QUICKSTART_DIR must be an absolute path, not '$state'"
    if [[ -e $state ]] && ! state_exists && [[ -n $(ls -A "$state") ]]; then
        fail "$state is not empty and was not made by quickstart; set ENTITLED_QUICKSTART_DIR to another directory"
    fi
    mkdir -p "$state"
    touch "$state/made-by-quickstart"
    chmod 755 "$state"
    "${as_service[@]}" test -x "$state" ||
        fail "the user $service_user cannot enter $state; set ENTITLED_QUICKSTART_DIR to a directory that it can reach"
    state_lock
    install -d -m 700 "$state/ca"
    install -d -m 755 "$state/log" "$state/done" "$state/run"
    install -d -m 750 "$state/tls"
    if ((EUID == 0)); then
        chgrp "$service_user" "$state/tls"
    fi
}

# One quickstart at a time. The servers that it starts do not inherit the lock (9>&-).
state_lock() {
    exec 9>"$state/lock"
    flock --nonblock 9 || fail "another quickstart is at work in $state; wait for it"
}

state_remove() {
    rm -rf -- "$state"
}

# once NAME COMMAND…: runs a command that is not to be run again when it has succeeded.
once() {
    local name=$1
    shift
    [[ -e $state/done/$name ]] && return
    "$@"
    touch "$state/done/$name"
}
