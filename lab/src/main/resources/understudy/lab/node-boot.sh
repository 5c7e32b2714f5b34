#!/bin/sh
# The first process of a lab node's own PID, mount, IPC and UTS namespaces: gives the node a root that it cannot write,
# memory file systems and a data folder of its own, then becomes its supervisor.
#
# node-boot.sh NAME DATA LAB_DIRECTORY DISK GROUP KEEP... -- COMMAND...
#   DATA           this node's data folder, seen inside as /var/lib/understudy
#   LAB_DIRECTORY  hidden from inside, because it holds the other nodes' data
#   DISK           the block device for volumes, seen inside as /var/lib/understudy/volumes; - for none
#   GROUP          the file `cgroup.procs` of the node's control group; - for none
#   KEEP           folders that stay readable even where a fresh file system covers them (the program may live in /tmp)
#   COMMAND        the agent, run with `--config /var/lib/understudy/agent.yaml` added
set -eu
name=$1 data=$2 lab=$3 disk=$4 group=$5
shift 5
hostname "$name"
# By it the lab can hold back who reads from the disk; the node gets by without.
[ "$group" = - ] || echo 0 2>/dev/null >"$group" || true

# Descriptors keep the folders reachable below the file systems that are about to cover them.
kept=
descriptor=4
while [ "$1" != -- ]; do
  eval "exec $descriptor<\"\$1\""
  eval "keep$descriptor=\$1"
  kept="$kept $descriptor"
  descriptor=$((descriptor + 1))
  shift
done
shift

# Copies of other nodes' network namespaces would keep those alive.
umount -l /run/netns 2>/dev/null || true

mount --bind "$data" /var/lib/understudy
if [ "$disk" != - ]; then
  mkdir -p /var/lib/understudy/volumes
  mount -t ext4 -o noatime,noinit_itable "$disk" /var/lib/understudy/volumes
  # From here on the device goes with its last mount, and that goes with the node.
  losetup --detach "$disk"
fi
# Whatever else is mounted, wherever: nothing that a node writes may show up in another node.
while read -r _ point _; do
  point=$(printf '%b' "$point")
  case $point in
    /proc | /proc/* | /sys | /sys/* | /var/lib/understudy | /var/lib/understudy/volumes) continue ;;
  esac
  mount -o remount,bind,ro "$point" 2>/dev/null || umount -l "$point" 2>/dev/null || true
done </proc/self/mounts
mount -o remount,bind,ro / || { echo "node $name: / cannot be made read-only here"; exit 1; }

mount -t tmpfs -o size=64m,mode=755 tmpfs /run
mount -t tmpfs -o size=512m,mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
[ ! -d /var/tmp ] || mount -t tmpfs -o size=64m,mode=1777 tmpfs /var/tmp
[ ! -d /dev/mqueue ] || mount -t mqueue mqueue /dev/mqueue 2>/dev/null || true
mount -t tmpfs -o size=4k,ro tmpfs "$lab"
# The network devices in /sys are those of the name space in which it is mounted.
umount -l /sys && mount -t sysfs -o ro sysfs /sys
for descriptor in $kept; do
  eval "folder=\$keep$descriptor"
  if [ ! -d "$folder" ]; then
    mkdir -p "$folder"
    mount -c --bind "/proc/self/fd/$descriptor" "$folder"
    mount -o remount,bind,ro "$folder"
  fi
  eval "exec $descriptor<&-"
done
mkdir -p /run/understudy /run/understudy-lab
cd /

# The supervisor. Being process 1 it also inherits, and reaps, what the agent leaves behind: its QEMUs outlive it.
marks=/run/understudy-lab
output=/var/lib/understudy/agent.out
seconds() { read -r up _ </proc/uptime; echo "${up%%.*}"; }
early_deaths=0
# Where the kernel groups processes by session, niceness alone counts within one only: this session goes before others, too.
{ echo -15 >/proc/self/autogroup; } 2>/dev/null || true
touch $marks/booted
while :; do
  # A loop, because a wait ends when any other child (an orphaned QEMU, say) does.
  while [ -e $marks/stay-dead ]; do sleep 0.2; done
  [ ! -e $output ] || mv -f $output $output.1
  began=$(seconds)
  nice -n -15 "$@" --config /var/lib/understudy/agent.yaml >$output 2>&1 </dev/null &
  agent=$!
  echo $agent >$marks/agent.new && mv $marks/agent.new $marks/agent
  status=0
  wait $agent || status=$?
  rm -f $marks/agent
  echo "supervisor: the agent (process $agent) ended with status $status" >>$output
  # At once, unless it cannot even start: then slowly enough not to take the machine.
  if [ $(($(seconds) - began)) -lt 2 ]; then early_deaths=$((early_deaths + 1)); else early_deaths=0; fi
  echo $early_deaths >$marks/early-deaths
  if [ $early_deaths -ge 3 ]; then sleep 1; fi
done
