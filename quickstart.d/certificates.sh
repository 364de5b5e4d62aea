# shellcheck shell=bash
# Of quickstart: a certificate authority of its own, the server's certificate and the clients' ones.
# For one machine and for trying: a real installation has its own authority (entitled(8)).

clients=(admin coordinator manager reporter contoso fabrikam)
clients_dir=$config/quickstart
profile_mark="# made by entitled's quickstart; ./quickstart wipe removes it"

certificates_issue() {
    local name
    once ca certificate_authority
    [[ -e $state/done/server ]] || step "issuing certificates"
    once server certificate_server
    (umask 077 && mkdir -p "$clients_dir" "$config/profiles")
    install -m 644 "$state/ca/ca.pem" "$clients_dir/ca.pem"
    for name in "${clients[@]}"; do
        # The client's files are outside the state: they are issued anew if someone removed them.
        [[ -e $clients_dir/$name.pem && -e $clients_dir/$name.key ]] || rm -f "$state/done/client-$name"
        once "client-$name" certificate_client "$name"
    done
}

# key_make FILE: a P-256 key that only its owner may read.
key_make() {
    (umask 077 && openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null)
}

certificate_authority() {
    local dir=$state/ca
    cat >"$dir/ca.cnf" <<'TEXT'
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = entitled quickstart authority
[extensions]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
TEXT
    key_make "$dir/ca.key"
    quietly "$state/log/certificates.log" openssl req -x509 -new -sha256 -days 3650 -config "$dir/ca.cnf" \
        -key "$dir/ca.key" -out "$dir/ca.pem"
}

# certificate_sign NAME USAGE KEY CERTIFICATE [EXTENSION…]: a certificate for a key, by our authority.
certificate_sign() {
    local name=$1 usage=$2 key=$3 certificate=$4 dir=$state/ca
    shift 4
    {
        printf '[req]\nprompt = no\ndistinguished_name = name\n[name]\nCN = %s\n[extensions]\n' "$name"
        printf 'basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = %s\n' "$usage"
        ((!$#)) || printf '%s\n' "$@"
    } >"$dir/$name.cnf"
    quietly "$state/log/certificates.log" openssl req -new -sha256 -config "$dir/$name.cnf" -key "$key" -out "$dir/$name.csr"
    quietly "$state/log/certificates.log" openssl x509 -req -sha256 -days 825 -in "$dir/$name.csr" -CA "$dir/ca.pem" \
        -CAkey "$dir/ca.key" -CAcreateserial -extfile "$dir/$name.cnf" -extensions extensions -out "$certificate"
}

certificate_server() {
    key_make "$state/tls/server.key"
    certificate_sign localhost serverAuth "$state/tls/server.key" "$state/tls/server.pem" \
        'subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1'
    install -m 644 "$state/ca/ca.pem" "$state/tls/ca.pem"
    chmod 644 "$state/tls/server.pem"
    if ((EUID == 0)); then
        chown "$service_user:" "$state/tls/server.key"
    fi
}

certificate_client() {
    key_make "$clients_dir/$1.key"
    certificate_sign "$1" clientAuth "$clients_dir/$1.key" "$clients_dir/$1.pem"
}

# The fingerprint by which a principal is enrolled.
certificate_fingerprint() {
    openssl x509 -in "$clients_dir/$1.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f'
}

# A profile that someone else made is not ours to write over.
profiles_check() {
    local name file
    for name in "${clients[@]}"; do
        file=$config/profiles/$name.conf
        [[ ! -e $file ]] || profile_ours "$file" ||
            fail "$file is there, and not made by quickstart: move it away, or set XDG_CONFIG_HOME to another directory"
    done
}

profile_ours() {
    [[ $(head -n 1 "$1") == "$profile_mark" ]]
}

# profiles_write ADDRESS
profiles_write() {
    local name
    for name in "${clients[@]}"; do
        cat >"$config/profiles/$name.conf" <<TEXT
$profile_mark
address = "$1"
ca = "$clients_dir/ca.pem"
certificate = "$clients_dir/$name.pem"
key = "$clients_dir/$name.key"
TEXT
    done
}

profiles_remove() {
    local name file
    for name in "${clients[@]}"; do
        file=$config/profiles/$name.conf
        if [[ -e $file ]] && profile_ours "$file"; then
            rm -f -- "$file" "$clients_dir/$name.pem" "$clients_dir/$name.key"
        fi
    done
    rm -f -- "$clients_dir/ca.pem"
    for file in "$clients_dir" "$config/profiles" "$config"; do
        rmdir -- "$file" 2>/dev/null || true
    done
}
