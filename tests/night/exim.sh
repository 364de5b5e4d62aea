# shellcheck shell=bash
# Of tests/night: a real mail server, Debian's exim4, that is not installed (it would become this machine's own) but unpacked
# into the folder of the build, and run without privileges on a port of the loopback. It takes, refuses, defers and delays
# by the recipient's name, and puts what it took into a Maildir.

exim_packages=(exim4-daemon-light libnss-wrapper libdb5.3 libgnutls-dane0 libidn12 libnsl2 libunbound8)
exim_home=$ENTITLED_BUILD/night-exim
mail=$place/mail
mail_port=''

# Unpacks the packages; false where they cannot be had.
exim_fetch() {
    local package
    [[ ! -e $exim_home/done ]] || return 0
    mkdir -p "$exim_home/packages"
    (cd "$exim_home/packages" && apt-get --quiet download "${exim_packages[@]}") >"$exim_home/log" 2>&1 || return 1
    for package in "$exim_home"/packages/*.deb; do
        dpkg-deb --extract "$package" "$exim_home/unpacked" || return 1
    done
    chmod u-s "$exim_home/unpacked/usr/sbin/exim4"
    touch "$exim_home/done"
}

# A copy where the unprivileged user gets to; and what exim wants to know of users, which this machine need not have.
exim_prepare() {
    local uid gid
    uid=$("${as_service[@]}" id -u)
    gid=$("${as_service[@]}" id -g)
    mkdir -p "$mail/spool" "$mail/log" "$mail/box"
    cp -r "$exim_home/unpacked" "$mail/exim"
    printf 'root:x:0:0::/:/bin/false\nDebian-exim:x:%d:%d::/:/bin/false\n' "$uid" "$gid" >"$mail/passwd"
    printf 'root:x:0:\nmail:x:8:\nDebian-exim:x:%d:\n' "$gid" >"$mail/group"
    if ((EUID == 0)); then
        chown -R "$service_user:" "$mail"
    fi
    mail_libraries=$(dirname "$(find "$mail/exim" -name 'libnss_wrapper.so')")
    for mail_port in {20140..20199}; do
        port_taken "$mail_port" || break
    done
    mail_certificate=$state/tls/server
}

# exim_configure [LINE…]: the lines are more of its main settings.
exim_configure() {
    {
        cat <<TEXT
primary_hostname = mail.example.test
exim_path = $mail/exim/usr/sbin/exim4
spool_directory = $mail/spool
log_file_path = $mail/log/%slog
pid_file_path = $mail/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = $mail_port
keep_environment = ^LD_ : ^NSS_WRAPPER
deliver_drop_privilege = true
never_users =
tls_certificate = $mail_certificate.pem
tls_privatekey = $mail_certificate.key
acl_smtp_mail = accept
acl_smtp_rcpt = recipient
acl_smtp_data = content
TEXT
        ((!$#)) || printf '%s\n' "$@"
        cat <<TEXT
begin acl
recipient:
  deny condition = \${if !def:tls_in_cipher}
       message = TLS first
  deny !authenticated = *
       message = sign in first
  deny local_parts = ^refuse
       message = no such mailbox
  defer local_parts = ^later
        condition = \${if exists{$mail/later}}
        message = mailbox busy, try again later
  accept
content:
  deny condition = \${if match{\$recipients}{^nothanks}}
       message = this content is not wanted
  defer condition = \${if and{{match{\$recipients}{^full}}{exists{$mail/later}}}}
        message = no space left, try again later
  accept condition = \${if match{\$recipients}{^slow}}
         condition = \${if exists{$mail/slow}}
         delay = 30s
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = $mail/box
  maildir_format
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = \${if def:tls_in_cipher}
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{entitled}}{eq{\$auth3}{a password of 1 line}}}}
TEXT
    } >"$mail/exim.conf"
}

exim_start() {
    exim_configure "$@"
    "${as_service[@]}" env LD_PRELOAD="$mail_libraries/libnss_wrapper.so" LD_LIBRARY_PATH="$mail_libraries" \
        NSS_WRAPPER_PASSWD="$mail/passwd" NSS_WRAPPER_GROUP="$mail/group" \
        "$mail/exim/usr/sbin/exim4" -C "$mail/exim.conf" -bd -q10s >>"$mail/start" 2>&1 || {
        cat "$mail/start"
        return 1
    }
    until_true 10 port_taken "$mail_port"
}

exim_stop() {
    local pid
    pid=$(cat "$mail/pid" 2>/dev/null) || return 0
    [[ $(readlink "/proc/$pid/exe") == "$mail/"* ]] || return 0
    kill "$pid"
    until_true 10 exim_gone "$pid"
}

exim_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# All that exim has taken is in the Maildir.
exim_idle() {
    [[ -z $(find "$mail/spool/input" -type f 2>/dev/null) ]]
}

mails_await() {
    until_true 30 exim_idle
}
