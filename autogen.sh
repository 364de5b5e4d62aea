#!/bin/sh
# Makes ./configure from configure.ac; needs autoconf and automake (debian/control).
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
exec autoreconf --force --install --warnings=all,error
