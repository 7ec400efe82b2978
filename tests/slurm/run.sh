#!/usr/bin/env bash
# Run a command on a real Slurm cluster that lives for this command only, in a temporary folder.
#   run.sh COMMAND...        installs Debian's packages first where they are missing (as root)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

missing() { for name in munged slurmctld slurmd sbatch; do command -v "$name" > /dev/null || return 0; done; return 1; }
if missing; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "SKIPPED: a Slurm cluster needs the packages slurmctld slurmd slurm-client munge; installing them needs root and apt-get"
    exit 0
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends slurmctld slurmd slurm-client munge
fi

state=$(mktemp -d /tmp/slurm.XXXXXX)
trap '"$here/stop.sh" "$state"; rm -rf "$state"' EXIT
trap 'exit 130' INT TERM
"$here/start.sh" "$state"
. "$state/env.sh"
"$@"
