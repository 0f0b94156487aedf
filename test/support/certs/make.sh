#!/bin/sh
# Made the files in this folder. They secure nothing but tests on a loopback address.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/ca.conf" <<END
[ca]
default_ca = authority
[authority]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = names
unique_subject = no
[names]
commonName = supplied
[req]
distinguished_name = subject
[subject]
END
: >"$work/index"
echo 01 >"$work/serial"

# certificate NAME SUBJECT END EXTENSIONS [OPTION]
certificate() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config "$work/ca.conf" \
    -subj "/CN=$2" -keyout "$1-key.pem" -out "$work/$1.csr"
  printf '%s\n' "$4" >"$work/$1.ext"
  openssl ca -batch -notext -config "$work/ca.conf" -keyfile ca-key.pem ${5:--cert ca.pem} \
    -startdate 20200101000000Z -enddate "$3" -extfile "$work/$1.ext" -in "$work/$1.csr" -out "$1.pem"
  chmod 644 "$1-key.pem"
}

names='subjectAltName=DNS:localhost,DNS:db.internal.test,IP:127.0.0.1'
authority='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash'

certificate ca 'nestjs-turso test authority' 21200101000000Z "$authority" -selfsign
certificate server localhost 21200101000000Z "$names"
certificate expired localhost 20210101000000Z "$names"
certificate client nestjs-turso 21200101000000Z 'extendedKeyUsage=clientAuth'

# Nothing else is ever to be signed by this authority.
rm ca-key.pem
