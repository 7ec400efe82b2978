#!/usr/bin/env bash
# Stop all that start.sh started in a folder, its jobs too.
#   stop.sh STATE
set -uo pipefail
state=$(realpath -m "${1:?usage: stop.sh STATE}")
export SLURM_CONF=$state/etc/slurm.conf

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
stop() {
  alive "$1" || return 0
  local pid; pid=$(cat "$1")
  kill "$pid"
  for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.2; done
  kill -9 "$pid"
}
environment_has() { { tr '\0' '\n' < "/proc/$1/environ" | grep -q "$2"; } 2>/dev/null; }

if alive "$state/run/slurmctld.pid"; then
  timeout 10 scancel --user="$(id -un)"
  for _ in $(seq 50); do [ -z "$(timeout 5 squeue -h 2>/dev/null)" ] && break; sleep 0.2; done
fi
for pidfile in "$state"/run/slurmd-*.pid; do stop "$pidfile"; done
# the processes of a job outlive its slurmd: end those whose environment names this cluster
for process in /proc/[0-9]*; do
  pid=${process#/proc/}
  environment_has "$pid" "^SLURM_CONF=$state/etc/slurm.conf\$" || continue
  if [ "$(cat "$process/comm" 2>/dev/null)" = slurmstepd ] || environment_has "$pid" '^SLURM_JOB_ID='; then
    kill -9 "$pid" 2>/dev/null
  fi
done
stop "$state/run/slurmctld.pid"
stop "$state/run/munged.pid"
