#!/usr/bin/env bash
# A private S3 server for tests, on loopback only: Ceph's gateway over one in-memory disk; nothing of it outlives "stop".
#   ceph-s3.sh start FOLDER PORT     make a cluster in the folder and start it; the keys are AKIAMLOPS and secretmlops
#   ceph-s3.sh kill FOLDER           stop the gateway at once, as a crash would; its disk lives on
#   ceph-s3.sh restart FOLDER PORT   start the gateway again on what is there
#   ceph-s3.sh stop FOLDER           stop everything at once and remove the folder
# Needs Debian's radosgw, ceph-mon, ceph-osd and ceph-common; takes a quarter of a minute to start and half a gigabyte of memory.
set -euo pipefail
command=$1 folder=$2 port=${3:-}
export CEPH_CONF=$folder/ceph.conf

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# below the ports that the system gives away by itself
free_port() {
  local candidate
  while candidate=$((10000 + RANDOM % 20000)); is_open "$candidate"; do :; done
  echo "$candidate"
}

# daemons must not hold the caller's pipes
daemon() { "$@" </dev/null >>"$folder/log" 2>&1; }

end() { # name: stop one daemon at once and wait until it is gone
  local pid
  pid=$(cat "$folder/$1.pid" 2>/dev/null) || return 0
  kill -9 "$pid" 2>/dev/null || true
  # in a container nobody may bury the dead
  while grep -q '^State:[[:space:]]*[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
  rm -f "$folder/$1.pid"
}

start_gateway() {
  daemon radosgw -n client.admin
  for _ in $(seq 200); do
    ! is_open "$port" || return 0
    sleep 0.1
  done
  echo "The gateway does not listen on port $port:" >&2
  tail -n 5 "$folder/log" >&2
  return 1
}

configure() {
  local id monitor
  id=$(cat /proc/sys/kernel/random/uuid) monitor=$(free_port)
  mkdir -p "$folder"/{mon,osd,rgw}
  # without keys (auth none) the gateway hangs; one disk cannot hold a second copy; loopback needs no disk space warnings
  cat >"$CEPH_CONF" <<CONF
[global]
fsid = $id
mon host = v2:127.0.0.1:$monitor
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = $folder/keyring
run dir = $folder
pid file = $folder/\$name.pid
admin socket = $folder/\$name.asok
log file = $folder/\$name.log
mon data = $folder/mon
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 2
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
[osd]
osd heartbeat addr = 127.0.0.1
osd data = $folder/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd class load list = *
osd class default list = *
[client.admin]
# or the body of each answer waits for the acknowledgement of its head
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw data = $folder/rgw
# small parts make tests quick; what was deleted must not fill the memory
rgw multipart min part size = 1024
rgw gc obj min wait = 5
rgw gc processor period = 5
CONF
  local keyring=$folder/keyring
  ceph-authtool --create-keyring "$keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
  monmaptool --create --addv a "[v2:127.0.0.1:$monitor]" --fsid "$id" "$folder/monmap"
  ceph-mon --mkfs -i a --monmap "$folder/monmap" --keyring "$keyring"
}

start_disk() {
  local id
  id=$(cat /proc/sys/kernel/random/uuid)
  timeout 60 ceph osd new "$id" 0
  timeout 60 ceph auth import -i "$folder/keyring"
  ceph-osd -i 0 --mkfs --osd-uuid "$id"
  ceph-osd -i 0
  timeout 60 ceph osd crush add osd.0 1.0 root=default host=h
}

case $command in
start)
  mkdir -p "$folder"
  trap 'code=$?; [ $code -eq 0 ] || tail -n 5 "$folder/log" >&2 || true' EXIT
  configure </dev/null >>"$folder/log" 2>&1
  daemon ceph-mon -i a
  start_disk </dev/null >>"$folder/log" 2>&1
  start_gateway
  daemon timeout 60 radosgw-admin user create --uid mlops --display-name mlops --access-key AKIAMLOPS --secret-key secretmlops
  ;;
restart) start_gateway ;;
kill) end client.admin ;;
stop)
  end client.admin
  end osd.0
  end mon.a
  rm -rf "$folder"
  ;;
*)
  echo "usage: ceph-s3.sh start|kill|restart|stop FOLDER [PORT]" >&2
  exit 2
  ;;
esac
