# shellcheck shell=bash
# Of quickstart: the main job on real input. A service desk's log is logged against its locations, each a Certified
# partner with five incidents: five become four, and the sixth is refused.
# Every change has a key of its own, so a quickstart that was interrupted goes on where it was.

log_csv=tests/data/incident-event-log-sample.csv

# as PROFILE WORD…: the client, as that principal; its output is only shown if it fails.
as() {
    local profile=$1
    shift
    quietly "$state/log/story.log" "$entitle" --profile "$profile" "$@"
}

story_tell() {
    once documents story_documents
    once principals story_principals coordinator manager reporter
    once partners story_partners
    once partner-principals story_principals contoso fabrikam
    once locations story_locations
    once by-hand story_by_hand
    once import story_import
    once report story_report
}

story_documents() {
    step "loading the calendars and the catalogue of plans"
    as admin calendar apply "$root/conf/calendars.conf" --key quickstart-calendars
    as admin catalogue apply "$root/conf/catalogue.conf" --key quickstart-catalogue
}

story_by_hand() {
    printf '\nIncidents by hand: a Certified partner has five free ones a year, and five become four.\n'
    hand_open by-hand-1 'Mail does not arrive'
    hand_open by-hand-2 'Replication stops after an hour'
    hand_open by-hand-3 'Setup cannot find the server'
}

# hand_open KEY TITLE: shows the command (without its key, which only matters when quickstart is run again) and does it.
hand_open() {
    local words=(--profile coordinator open contoso "$2" --class professional --severity B)
    printf "\n  \$ entitle --profile coordinator open contoso '%s' --class professional --severity B\n  " "$2"
    "$entitle" "${words[@]}" --key "quickstart-$1"
}

# partner_enter CODE NAME
partner_enter() {
    as manager partner create "$1" "$2" --region us --time-zone UTC --calendar us --key "quickstart-$1"
}

# contract_enter PARTNER PLAN FIRST-DAY: in force at once.
contract_enter() {
    as manager contract create "$1" "$2" --starts "$3" --activate --key "quickstart-$1-$2"
}

story_partners() {
    local year
    year=$(date +%Y)
    step "entering two partners"
    partner_enter contoso 'Contoso Ltd'
    contract_enter contoso certified "$year-01-01"
    contract_enter contoso mspa-standard "$year-01-01"
    partner_enter fabrikam 'Fabrikam Inc'
    contract_enter fabrikam registered "$year-01-01"
}

# The program's own first: the manager enters the partners, and then come the partners' people.
story_principals() {
    local name
    step "entering who may do what: $*"
    for name in "$@"; do
        case $name in
        contoso | fabrikam) principal_enter "$name" --role partner --partner "$name" ;;
        *) principal_enter "$name" --role "$name" ;;
        esac
    done
}

# principal_enter NAME WORD…
principal_enter() {
    local name=$1
    shift
    as admin principal create "$name" "$@" --certificate-of "$clients_dir/$name.pem" --key "quickstart-$name"
}

# The names in the log's column `location`; '?' is one it does not know.
story_locations() {
    local name code
    step "entering the locations of a service desk's log as Certified partners"
    while read -r name; do
        code=${name,,}
        code=${code// /-}
        partner_enter "$code" "$name"
        contract_enter "$code" certified 2016-01-01
    done < <(awk -F, 'NR > 1 && $16 != "?" && !seen[$16]++ { print $16 }' "$root/$log_csv")
}

# The log has a row an update; --first takes the first of each incident. One incident has no location and cannot be
# logged: the client says so, and ends as one that did not do all.
story_import() {
    local status=0
    cat <<'TEXT'

The log of a real service desk: 250 incidents, each at the time it was reported in 2016.

  $ entitle --profile coordinator import tests/data/incident-event-log-sample.csv \
      --partner-column location --id-column number --first --opened-at-column opened_at \
      --time-format '%d-%m-%Y %H:%M' --time-zone UTC --class professional --severity-column priority \
      --severity-map '1 - Critical=A,2 - High=B,*=C' --contact-column caller_id \
      --channel-column contact_type --title '{category} {subcategory}'

TEXT
    env --chdir="$root" "$entitle" --profile coordinator import "$log_csv" \
        --partner-column location --id-column number --first --opened-at-column opened_at \
        --time-format '%d-%m-%Y %H:%M' --time-zone UTC --class professional --severity-column priority \
        --severity-map '1 - Critical=A,2 - High=B,*=C' --contact-column caller_id \
        --channel-column contact_type --title '{category} {subcategory}' || status=$?
    ((status <= 1 || status == 3)) || fail "the log was not logged: entitle ended with $status"
}

# The report of a day in the log: how the busiest location's incidents burnt down.
story_report() {
    cat <<'TEXT'

What each night brings, here for one of them as it was on 1 March 2016:

  $ entitle --profile reporter report 2016-03-01 --partner location-204

TEXT
    "$entitle" --profile reporter report 2016-03-01 --partner location-204
}

# What to try next; every line can be pasted.
story_next() {
    cat <<TEXT

Try next (each line can be pasted):

  cd $root
  build/entitle --profile coordinator balance contoso
  build/entitle --profile coordinator open contoso 'Mail does not arrive' --class professional --severity B
  build/entitle --profile coordinator list --partner location-204
  build/entitle --profile coordinator balance location-204 --at 2016-03-15T10:00:00Z
  build/entitle --profile contoso balance              # what a partner sees of itself
  build/entitle --profile contoso balance fabrikam     # and of another: nothing
  build/entitle --profile reporter call server.stats

The report of that night as pages, for all partners: open program.html in a browser.

  build/entitle --profile reporter report 2016-03-01 --out /tmp/entitled-reports

One that is refused, and says why: this location has used its five.

  build/entitle --profile coordinator open location-204 'One more' --class professional --severity C \\
      --opened-at 2016-03-15T10:00:00Z

With a reason, its manager may log it all the same:

  build/entitle --profile manager open location-204 'One more' --class professional --severity C \\
      --opened-at 2016-03-15T10:00:00Z --override-reason 'promised on the phone'

./quickstart status tells what is up, ./quickstart stop stops it, ./quickstart wipe removes it.
TEXT
}
