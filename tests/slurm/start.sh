#!/usr/bin/env bash
# Start a real Slurm cluster on this host, everything inside one folder; daemons that are up are left alone.
#   start.sh STATE       then: source STATE/env.sh
# Environment: NODES, CPUS and MEMORY (MB) of each node, BASEPORT.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
state=$(realpath -m "${1:?usage: start.sh STATE}")
nodes=${NODES:-3} cpus=${CPUS:-2} memory=${MEMORY:-8000} base=${BASEPORT:-17000}
host=$(hostname -s)
PATH=$PATH:/usr/sbin:/sbin
[ ${#state} -le 80 ] || { echo "the path $state is too long for a socket" >&2; exit 2; }
case $state in *[[:space:]]*) echo "Slurm takes no space in its paths: $state" >&2; exit 2 ;; esac

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
wait_for() {
  local end=$((SECONDS + $1)); shift
  until timeout 5 "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "waited in vain for: $*" >&2; tail -n 5 "$state"/log/*.log >&2; return 1; }
    sleep 0.2
  done
}

mkdir -p "$state"/{etc,run,log,bin,spool/controller}
chmod 755 "$state" "$state"/{etc,run,log,bin,spool,spool/controller}
sed -e "s|@STATE@|$state|g; s|@HOST@|$host|g; s|@USER@|$(id -un)|g; s|@NODES@|$nodes|g; s|@CPUS@|$cpus|g" \
    -e "s|@MEMORY@|$memory|g; s|@CONTROLPORT@|$((base + 1))|; s|@FIRSTPORT@|$((base + 11))|; s|@LASTPORT@|$((base + 10 + nodes))|" \
    "$here/slurm.conf" > "$state/etc/slurm.conf"
echo 'CgroupAutomount=no' > "$state/etc/cgroup.conf"

# Inside a job Snakemake's jobstep executor drops SLURM_CONF before its srun, which then looks in /etc/slurm only.
srun=$(command -v srun)
[ "$srun" != "$state/bin/srun" ] || srun=/usr/bin/srun
printf '#!/bin/sh\nexport SLURM_CONF=%s\nexec %s "$@"\n' "$state/etc/slurm.conf" "$srun" > "$state/bin/srun"
chmod 755 "$state/bin/srun"
printf 'export SLURM_CONF=%s SLURM_STATE=%s PATH=%s:$PATH\n' "$state/etc/slurm.conf" "$state" "$state/bin" > "$state/env.sh"
export SLURM_CONF=$state/etc/slurm.conf

[ -s "$state/etc/munge.key" ] || (umask 077; head -c 1024 /dev/urandom > "$state/etc/munge.key")
if ! alive "$state/run/munged.pid"; then
  rm -f "$state"/run/munge*
  munged --force --num-threads=2 --key-file="$state/etc/munge.key" --socket="$state/run/munge.sock" \
    --pid-file="$state/run/munged.pid" --log-file="$state/log/munged.log" --seed-file="$state/run/munge.seed" \
    2>> "$state/log/munged.stderr.log"
fi
wait_for 10 munge -n -S "$state/run/munge.sock"

alive "$state/run/slurmctld.pid" || { rm -f "$state/run/slurmctld.pid"; slurmctld; }
wait_for 20 sh -c 'scontrol ping | grep -q "is UP"'
for k in $(seq "$nodes"); do
  alive "$state/run/slurmd-n$k.pid" || { rm -f "$state/run/slurmd-n$k.pid"; mkdir -p "$state/spool/n$k"; slurmd -N "n$k"; }
done
wait_for 30 sh -c "[ \"\$(sinfo -h -N -o '%N %t' | sort -u | grep -cE ' (idle|mix|alloc|comp)\$')\" = $nodes ]"
sinfo
