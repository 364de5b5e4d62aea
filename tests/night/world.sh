# shellcheck shell=bash
# Of tests/night: the time, the partners, the configuration of the mails, and how a night is run and looked at.

nights=$place/nights
evil="<b>\"=cmd|' /C calc'!A1"

sql() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$(conninfo postgres)" --command "$1"
}

# clock_freeze TIME: what time it is for the database from now on; the daemon's connections are made anew.
clock_freeze() {
    now=$1
    sql "ALTER DATABASE entitled SET entitled.now = '$now'"
    sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'entitled_daemon'" >/dev/null
}

# clock_forward INTERVAL
clock_forward() {
    clock_freeze "$(sql "SELECT '$now'::timestamptz + '$1'::interval")"
}

# partner_make CODE NAME [EMAIL]: with a contract from the first of August 2004, and an incident.
partner_make() {
    as manager partner create "$1" "$2" --region us --time-zone America/New_York --calendar us ${3:+--email "$3"}
    as manager contract create "$1" certified --starts 2004-08-01 --activate
    as coordinator open "$1" "An incident of $2" --class professional --severity B --opened-at 2004-08-12T15:00:00Z
}

world_make() {
    partner_make contoso 'Contoso Ltd' ada@contoso.test
    partner_make duo 'Duo GmbH & Söhne' büro@duo.test # no address of ASCII
    partner_make evil "$evil" "it's+me@evil.test"
    partner_make fabrikam 'Fabrikam Inc' refuse@fabrikam.test
    partner_make full 'Full Ltd' full@full.test
    partner_make later 'Later Ltd' later@later.test
    partner_make nothanks 'No Thanks Ltd' nothanks@nothanks.test
    partner_make silent 'Without an email'
    partner_make slow 'Slow Ltd' slow@slow.test
    for title in one two three four; do
        as coordinator open contoso "Number $title" --class professional --severity C --opened-at 2004-08-23T15:00:00Z
    done
    config_write "$place/report.conf"
    printf 'a password of 1 line\n' >"$place/password"
    chmod 600 "$place/password"
}

# config_write FILE [LINE…]: report.conf; the lines are instead of those of the same name.
config_write() {
    local file=$1 line
    shift
    cat >"$file" <<TEXT
server = "localhost"
port = $mail_port
ca = "$state/ca/ca.pem"
user = "entitled"
password_file = "$place/password"
from = "reports@example.test"
managers = {"grace@example.test", "joan@example.test"}
timeout = 60
TEXT
    for line in "$@"; do
        sed -i "/^${line%% *} /d" "$file"
        printf '%s\n' "$line" >>"$file"
    done
}

# night [WORD…]: one run; its output in $place/said, its exit code in $code.
night() {
    local wrapper
    read -ra wrapper <<<"${ENTITLED_WRAPPER-}"
    code=0
    ${wrapper[@]+"${wrapper[@]}"} "$entitle" --profile reporter report --nightly --out "$nights" \
        --config "$place/report.conf" "$@" >"$place/said" 2>&1 || code=$?
    printf -- '---- night %s: %d\n' "$*" "$code"
    cat "$place/said"
}

# is WHAT SEEN WANTED
is() {
    [[ $2 == "$3" ]] || printf '%s: seen "%s", wanted "%s"\n' "$1" "$2" "$3" >>"$wrong"
}

# says TEXT: the last run has said it.
says() {
    grep -qF -- "$1" "$place/said" || printf 'it does not say "%s" but: %s\n' "$1" "$(cat "$place/said")" >>"$wrong"
}

# states DATE: how many mails of each state.
states() {
    sql "SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (
         SELECT state, count(*) AS n FROM entitled.mail WHERE date = '$1' GROUP BY 1) AS s"
}

pending() {
    "$entitle" --profile reporter call report.pending | jq_dates
}

# The dates in an answer, on one line.
jq_dates() {
    grep -oE '[0-9]{4}-[0-9]{2}-[0-9]{2}' | tr '\n' ' ' | sed 's/ $//'
}

# mails_check [ARRIVED]: all that has arrived is right, and agrees with mail.list; so many messages.
mails_check() {
    local seen
    mails_await
    "$entitle" --profile reporter call mail.list '{"limit": 500}' >"$place/list.json"
    "$root/tests/night/check-mails" "$mail/box" <"$place/list.json" >"$place/mails" || cat "$place/mails" >>"$wrong"
    told=$(tail -n 1 "$place/mails")
    seen=${told%% *}
    if [[ -n ${1-} ]]; then
        is 'messages' "$seen" "$1"
    fi
}

# night_whole DATE: one snapshot, whole files, nothing left over.
night_whole() {
    is "$1: snapshots" "$(sql "SELECT count(*) FROM entitled.night WHERE date = '$1'")" 1
    is "$1: finished" "$(sql "SELECT count(*) FROM entitled.night WHERE date = '$1' AND finished_at IS NOT NULL")" 1
    is "$1: folders of parts" "$(find "$nights" -maxdepth 1 -name '.*' ! -name . ! -name .. ! -path "$nights" | wc -l)" 0
    is "$1: pages of partners" "$(find "$nights/$1" -name '*.html' | wc -l)" 10
    is "$1: empty files" "$(find "$nights/$1" -type f -empty | wc -l)" 0
}
