# shellcheck shell=bash
# Of tests/night: the cases, in order; each goes on where the one before has ended. What is wrong goes to $wrong.

cases=(
    a_password_that_others_can_read
    no_tls_to_another_machine
    an_error_in_the_configuration
    the_mail_server_is_away_then_there
    a_wrong_certificate
    a_server_without_starttls
    a_wrong_password
    an_answer_that_does_not_come
    three_nights_missed
    the_daemon_is_away
    two_at_once
    killed_at_any_instant
    nights_on_which_clocks_change
)
told='' # for the line of the case

case_a_password_that_others_can_read() {
    chmod 644 "$place/password"
    night --mail
    chmod 600 "$place/password"
    is 'exit code' "$code" 2
    says "$place/password has a password, and others may read or change it (mode 644)"
    is 'nights' "$(sql 'SELECT count(*) FROM entitled.night')" 0
}

case_no_tls_to_another_machine() {
    config_write "$place/bad.conf" 'tls = none' 'server = "127.example.test"'
    night --mail --config "$place/bad.conf"
    is 'exit code' "$code" 2
    says 'tls is none, which is for a server on this machine only (localhost), not for 127.example.test'
}

case_an_error_in_the_configuration() {
    config_write "$place/bad.conf" 'port = 70000'
    night --mail --config "$place/bad.conf"
    is 'exit code' "$code" 2
    says "$place/bad.conf:8: port is 70000; it must be 1 to 65535 port"
    config_write "$place/bad.conf" 'managers = {"ada@example.test", "a b@example.test"}'
    night --mail --config "$place/bad.conf"
    says "$place/bad.conf:8: managers: \"a b@example.test\" is no mail address"
}

# Nothing is claimed as long as the server is away, and the files are there all the same: all of them, also where somebody has
# written a report of that day there before.
case_the_mail_server_is_away_then_there() {
    clock_freeze '2004-08-24 08:00+00'
    "$entitle" --profile reporter report 2004-08-23 --partner contoso --format text --out "$nights"
    is 'files before' "$(find "$nights/2004-08-23" -name '*.html' | wc -l)" 0
    touch "$mail/later"
    night --mail
    is 'exit code' "$code" 5
    says "the mail server localhost, port $mail_port, cannot be used"
    is 'mails' "$(states 2004-08-23)" ''
    is 'pending' "$(pending)" 2004-08-23
    is 'files' "$(find "$nights/2004-08-23" -name '*.html' | wc -l)" 10
    exim_start
    night --mail
    is 'exit code' "$code" 5
    is 'mails' "$(states 2004-08-23)" 'deferred 2, refused 3, sent 5'
    says 'refused: 550 no such mailbox'
    says 'refused: 550 this content is not wanted'
    says 'deferred: 451 mailbox busy, try again later'
    says 'deferred: 451 no space left, try again later'
    says 'refused: this is no address that mail can be sent to'
    says '5 sent, 3 refused, 0 given up, 0 unknown, 2 for later'
    mails_check 5
    is 'with alerts' "$(grep -o '[0-9]* with alerts' <<<"$told")" '1 with alerts' # contoso has used its five that day
    night --mail
    is 'exit code before it is time' "$code" 5
    mails_check 5
    rm "$mail/later"
    clock_forward '2 minutes'
    night --mail
    is 'exit code' "$code" 0
    is 'mails' "$(states 2004-08-23)" 'refused 3, sent 7'
    night_whole 2004-08-23
    night --mail
    is 'exit code when all is done' "$code" 0
    says 'no night is pending'
    mails_check 7
}

# night_unsent WORD…: a run of the next night sends nothing, claims nothing, and says so.
night_unsent() {
    night --mail --config "$place/bad.conf"
    is 'exit code' "$code" 5
    says "$1"
    is 'mails' "$(states 2004-08-24)" ''
}

case_a_wrong_certificate() {
    clock_freeze '2004-08-25 08:00+00'
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=another authority' \
        -keyout "$place/other.key" -out "$place/other.pem"
    config_write "$place/bad.conf" "ca = \"$place/other.pem\""
    night_unsent 'SSL certificate problem: unable to get local issuer certificate'
    exim_stop
    certificate_sign elsewhere.test serverAuth "$state/tls/server.key" "$place/elsewhere.pem" 'subjectAltName = DNS:elsewhere.test'
    install -m 644 "$place/elsewhere.pem" "$state/tls/elsewhere.pem"
    install -m 640 "$state/tls/server.key" "$state/tls/elsewhere.key"
    if ((EUID == 0)); then
        chgrp "$service_user" "$state/tls/elsewhere.key"
    fi
    mail_certificate=$state/tls/elsewhere
    exim_start
    config_write "$place/bad.conf"
    night_unsent "no alternative certificate subject name matches target host name 'localhost'"
    exim_stop
    mail_certificate=$state/tls/server
    exim_start
    mails_check 7
}

# Somebody in between who takes STARTTLS out of the server's words gets nothing.
case_a_server_without_starttls() {
    exim_stop
    exim_start 'tls_advertise_hosts ='
    night_unsent 'STARTTLS'
    exim_stop
    exim_start
    mails_check 7
}

case_a_wrong_password() {
    printf 'another password\n' >"$place/password-2"
    chmod 600 "$place/password-2"
    config_write "$place/bad.conf" "password_file = \"$place/password-2\""
    night_unsent '535 Incorrect authentication data'
    ! grep -rqF 'another password' "$place/said" || printf 'it tells the password\n' >>"$wrong"
}

# The server has the message and says nothing: it is not sent again, and the night ends all the same.
case_an_answer_that_does_not_come() {
    touch "$mail/slow"
    config_write "$place/bad.conf" 'timeout = 5'
    night --mail --config "$place/bad.conf"
    rm "$mail/slow"
    is 'exit code' "$code" 5
    says 'it was handed over, and the server'
    is 'mails' "$(states 2004-08-24)" 'handing 1, refused 3, sent 6'
    clock_forward '30 minutes'
    night --mail
    is 'exit code' "$code" 0
    is 'mails' "$(states 2004-08-24)" 'refused 3, sent 6, unknown 1'
    says '1 were handed over without an answer'
    night_whole 2004-08-24
    mails_check
}

case_three_nights_missed() {
    local date
    clock_freeze '2004-08-28 08:00+00'
    is 'pending' "$(pending)" '2004-08-25 2004-08-26 2004-08-27'
    night --mail
    is 'exit code' "$code" 0
    for date in 2004-08-25 2004-08-26 2004-08-27; do
        is "$date: mails" "$(states "$date")" 'refused 3, sent 7'
        night_whole "$date"
    done
    mails_check
}

case_the_daemon_is_away() {
    daemon_stop
    night --mail
    is 'exit code' "$code" 5
    says 'the nights: report.pending: '
    daemon_start
}

# Two on one folder, and one on another machine (another folder), at the same time.
case_two_at_once() {
    local pids=() ended=() pid
    clock_freeze '2004-08-29 08:00+00'
    for folder in "$nights" "$nights" "$place/nights-2"; do
        "$entitle" --profile reporter report --nightly --mail --out "$folder" --config "$place/report.conf" \
            >>"$place/together" 2>&1 &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        code=0
        wait "$pid" || code=$?
        ended+=("$code")
        [[ $code == [05] ]] || printf 'one ended with %d: %s\n' "$code" "$(cat "$place/together")" >>"$wrong"
    done
    printf 'they ended with %s\n' "${ended[*]}"
    night --mail
    is 'exit code' "$code" 0
    is 'mails' "$(states 2004-08-28)" 'refused 3, sent 7'
    night_whole 2004-08-28
    mails_check
}

# instant_await KIND DATE MS: until the run in the background is where it is to be killed; at most some seconds.
instant_await() {
    local deadline=$((${EPOCHREALTIME/./} + 5000000))
    while kill -0 "$run" 2>/dev/null && ((${EPOCHREALTIME/./} < deadline)); do
        case $1 in
        instant)
            sleep "$(printf '%d.%03d' $(($3 / 1000)) $(($3 % 1000)))"
            return
            ;;
        figures) [[ $(sql "SELECT count(*) FROM entitled.night WHERE date = '$2'") == 0 ]] || return 0 ;;
        files) [[ ! -e $nights/.$2.part ]] || return 0 ;;
        handing) [[ $(states "$2") != *handing* ]] || return 0 ;;
        esac
        sleep 0.005
    done
}

# One night, with a run killed again and again until one comes to its end. Adds to `kills`.
night_killed() {
    local date=$1 whole_ms=$2 kinds=(instant figures instant files instant handing) kind
    while true; do
        kind=${kinds[kills % ${#kinds[@]}]}
        rm -f "$mail/slow"
        [[ $kind != handing ]] || touch "$mail/slow"
        "$entitle" --profile reporter report --nightly --mail --out "$nights" --config "$place/report.conf" \
            >>"$place/killed-runs" 2>&1 &
        run=$!
        instant_await "$kind" "$date" $((RANDOM * whole_ms / 32768))
        code=0
        kill -KILL "$run" 2>/dev/null || true
        wait "$run" || code=$?
        if ((code != 0 && code != 5)); then
            kills=$((kills + (code == 137)))
            ((code == 137)) || printf 'a run ended with %d\n' "$code" >>"$wrong"
        fi
        # Claims of the dead lapse; that takes time.
        clock_forward '6 minutes'
        ((code != 0)) || break
        ((kills % 9 != 8)) || break
    done
    rm -f "$mail/slow"
    night --mail
    for _ in 1 2 3; do
        ((code == 5)) || break
        clock_forward '6 minutes'
        night --mail
    done
    is "$date: exit code at last" "$code" 0
    night_whole "$date"
    is "$date: mails that are open" "$(sql "SELECT count(*) FROM entitled.mail WHERE date = '$date' AND state IN ('claimed', 'handing', 'deferred')")" 0
    is "$date: mails" "$(sql "SELECT count(*) FROM entitled.mail WHERE date = '$date'")" 10
}

case_killed_at_any_instant() {
    local kills=0 day=2004-08-29 start whole_ms run counts
    clock_freeze '2004-08-30 08:00+00'
    start=${EPOCHREALTIME/./}
    night --mail
    whole_ms=$(((${EPOCHREALTIME/./} - start) / 1000))
    night_whole "$day"
    while ((kills < ${ENTITLED_KILLS:-40})); do
        day=$(date --date "$day + 1 day" +%F)
        clock_freeze "$(date --date "$day + 1 day" +%F) 08:00+00"
        night_killed "$day" "$whole_ms"
        ((kills > 0)) || whole_ms=$((whole_ms / 2 + 1))
    done
    mails_check
    counts=$(sql "SELECT count(*) || ' nights' FROM entitled.night WHERE date > '2004-08-29'")
    told="$kills runs of about $whole_ms ms killed in $counts; in all $told"
}

# night_skip DATE: as if all nights up to it were finished.
night_skip() {
    "$entitle" --profile reporter call report.snapshot "{\"date\": \"$1\", \"key\": \"skip-$1\"}"
    "$entitle" --profile reporter call report.finish "{\"date\": \"$1\", \"key\": \"skipped-$1\"}"
}

# day_length DATE: by its snapshot.
day_length() {
    sql "SELECT extract(epoch FROM cut_off - begins)::int / 3600 FROM entitled.night WHERE date = '$1'"
}

# A day of the program's zone begins and ends at its own midnights: 25 hours in autumn, 23 in spring.
case_nights_on_which_clocks_change() {
    clock_freeze '2004-10-31 07:00+00'
    night_skip 2004-10-30
    clock_freeze '2004-11-01 07:59:59+00'
    is 'pending before the longer day is over' "$(pending)" ''
    clock_freeze '2004-11-01 08:00:00+00'
    is 'pending after it' "$(pending)" 2004-10-31
    night
    is 'exit code' "$code" 0
    night_whole 2004-10-31
    is 'the longer day' "$(day_length 2004-10-31)" 25
    clock_freeze '2005-04-03 08:00+00'
    night_skip 2005-04-02
    clock_freeze '2005-04-04 06:59:59+00'
    is 'pending before the shorter day is over' "$(pending)" ''
    clock_freeze '2005-04-04 07:00:00+00'
    is 'pending after it' "$(pending)" 2005-04-03
    night
    is 'exit code' "$code" 0
    is 'the shorter day' "$(day_length 2005-04-03)" 23
    is 'finished in order' "$(sql "SELECT count(*) FROM entitled.night WHERE finished_at IS NULL")" 0
}
