# shellcheck shell=bash
# Of quickstart: the private PostgreSQL and the daemon: started, asked, stopped.

postgres_dir=$state/postgres
pid_file=$state/run/entitled.pid
address_file=$state/address
daemon_log=$state/log/entitled.log

postgres_start() {
    local users=()
    step "starting a private PostgreSQL in $postgres_dir"
    if ((EUID == 0)); then
        users=(--user "$service_user")
    fi
    quietly "$state/log/postgres.log" "$root/sql/private-postgres" start "$postgres_dir" "${users[@]}" 9>&-
}

postgres_stop() {
    [[ ! -d $postgres_dir ]] || quietly "$state/log/postgres.log" "$root/sql/private-postgres" stop "$postgres_dir" 9>&-
}

# conninfo ROLE: how to reach the database as that role.
conninfo() {
    local PGHOST PGPORT PGDATABASE
    eval "$("$root/sql/private-postgres" env "$postgres_dir")"
    say "host=$PGHOST port=$PGPORT dbname=$PGDATABASE user=$1"
}

# The schema, by the database's owner.
database_prepare() {
    step "preparing the database"
    quietly "$state/log/migrate.log" "$root/sql/entitled-migrate" --database "$(conninfo postgres)"
}

# The first administrator is made at the database; all others by the protocol.
admin_enrol() {
    once admin quietly "$state/log/migrate.log" psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$(conninfo postgres)" \
        --command "SELECT entitled.bootstrap_admin('admin', '$(certificate_fingerprint admin)')"
}

# The pid of our daemon, if it runs: the file may be old, and its number another process's by now.
daemon_pid() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    [[ $pid =~ ^[0-9]+$ && $(readlink "/proc/$pid/exe") == "$state/install/"* ]] || return 1
    say "$pid"
}

daemon_answers() {
    "$entitle" --profile admin call hello
}

servers_up() {
    state_exists && daemon_pid >/dev/null && [[ -x $entitle ]] && daemon_answers >/dev/null 2>&1
}

port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The address that it had before, or the first free port from the protocol's own upwards.
address_choose() {
    local port
    port=$(sed 's/.*://' "$address_file" 2>/dev/null || true)
    if [[ -z $port ]] || port_taken "$port"; then
        for port in {20040..20139}; do
            port_taken "$port" || break
        done
    fi
    say "127.0.0.1:$port"
}

daemon_start() {
    local address program=$state/install/usr/sbin/entitled
    if daemon_pid >/dev/null; then
        daemon_stop
    fi
    address=$(address_choose)
    cat >"$state/entitled.conf" <<TEXT
# Written by quickstart at each start; what is not here has the default of conf/entitled.conf.
listen = "$address"
database = "$(conninfo entitled_daemon)"
tls_ca = "$state/tls/ca.pem"
tls_certificate = "$state/tls/server.pem"
tls_key = "$state/tls/server.key"
TEXT
    quietly "$daemon_log" "${as_service[@]}" "$program" --config "$state/entitled.conf" --check-config
    step "starting the daemon on $address"
    # A simple command: $! is the daemon itself.
    setsid "${as_service[@]}" "$program" --config "$state/entitled.conf" </dev/null >>"$daemon_log" 2>&1 9>&- &
    printf '%s\n' $! >"$pid_file"
    printf '%s\n' "$address" >"$address_file"
    profiles_write "$address"
    if ! until_true 30 daemon_answers; then
        tail -n 20 "$daemon_log" >&2
        daemon_answers >&2 || true
        fail "the daemon does not answer on $address; its log is $daemon_log"
    fi
}

daemon_stop() {
    local pid
    pid=$(daemon_pid) || return 0
    kill -TERM "$pid"
    until_true 30 daemon_gone || fail "the daemon (process $pid) does not stop; its log is $daemon_log"
    rm -f "$pid_file"
}

daemon_gone() {
    ! daemon_pid
}

servers_status() {
    if ! state_exists; then
        say "Not set up; ./quickstart does it."
        return
    fi
    if servers_up; then
        say "The daemon answers on $(cat "$address_file") (process $(daemon_pid), log $daemon_log)."
    elif daemon_pid >/dev/null; then
        say "The daemon runs (process $(daemon_pid)) but does not answer; its log is $daemon_log."
    else
        say "The daemon is down; ./quickstart starts it."
    fi
    if "$root/sql/private-postgres" status "$postgres_dir" >/dev/null 2>&1; then
        say "PostgreSQL is up in $postgres_dir."
    else
        say "PostgreSQL is down."
    fi
}
