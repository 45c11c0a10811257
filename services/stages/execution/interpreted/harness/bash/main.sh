# One run of a bash candidate: read the job, say what will be run, load the candidate, run its tests, tell the results.
#
# The candidate is sourced, and its tests after it, at the top level of this shell: what they declare is global. What is
# defined here begins with __assay_, but for `exit`, which tells who leaves the shell.
mapfile -t __assay_job
__assay_nonce=${__assay_job[0]}
__assay_mode=${__assay_job[1]}
__assay_entry=$(base64 -d <<<"${__assay_job[2]}")
__assay_path=$PWD/$__assay_entry
__assay_code=
if [[ $__assay_mode == script ]]; then
  IFS=$'\t' read -r _ _ __assay_code _ <<<"${__assay_job[4]}"
  __assay_code=$(base64 -d <<<"$__assay_code")
fi
unset __assay_job

# The way out. What the program prints goes to standard error instead, so that it cannot stand between the events.
exec {__assay_out}>&1 1>&2 </dev/null
__assay_state=loading
__assay_left_by=
__assay_left_at=0

__assay_text() {
  local text=${1:0:1000}
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//[[:cntrl:]]/ }
  builtin printf '"%s"' "$text"
}

__assay_send() {
  builtin printf '\n%s %s\n' "$__assay_nonce" "$1" >&"$__assay_out"
}

# __assay_error TYPE MESSAGE EXIT MINE LINE: the facts of what ended the program; where it is MINE, the candidate's doing,
# the line is the candidate's, else the tests'.
__assay_error() {
  local place=",\"test_line\":$5" assertion=true
  [[ $4 == false ]] || { place=",\"path\":$(__assay_text "$__assay_entry"),\"line\":$5" assertion=false; }
  builtin printf '{"type":%s,"message":%s,"exit":%s,"candidate_raised":%s,"assertion":%s%s}' \
    "$(__assay_text "$1")" "$(__assay_text "$2")" "$3" "$4" "$assertion" "$place"
}

# __assay_done PASSED FAILED: tells the end, and leaves.
__assay_done() {
  trap - EXIT
  __assay_send "{\"event\":\"done\",\"passed\":$1,\"failed\":$2,\"skipped\":0}"
  builtin exit 0
}

# Told by the shell's end, whatever brought it about: `exit`, or a command that fails where that ends the shell. Who left
# with 0 and went around `exit` is not the tests.
__assay_end() {
  local status=$1 by=$__assay_left_by at=$__assay_left_at type=exit mine=false left facts
  [[ -n $by || $status == 0 ]] || by=$2 at=$3 type=errexit
  [[ -n $by ]] || by=$__assay_path
  [[ $by != "$__assay_path" ]] || mine=true
  left=$mine
  [[ $type == exit ]] || left=false
  facts=$(__assay_error "$type" "exit status $status" "$left" "$mine" "$at")
  if [[ $__assay_state == loading ]]; then
    __assay_send "{\"event\":\"load_failed\",\"error\":$facts}"
    __assay_done 0 0
  elif [[ $status == 0 && $mine == false ]]; then
    __assay_send '{"event":"passed","test":"line 1"}'
    __assay_done 1 0
  fi
  __assay_send "{\"event\":\"failed\",\"test\":\"line 1\",\"error\":$facts}"
  __assay_done 0 1
}

exit() {
  local status=${1:-$?}
  if [[ $BASHPID == "$$" ]]; then
    __assay_left_by=${BASH_SOURCE[1]} __assay_left_at=${BASH_LINENO[0]}
  fi
  builtin exit "$status"
}

if [[ $__assay_mode == script ]]; then __assay_tests='["line 1"]'; else __assay_tests='[]'; fi
__assay_send "{\"event\":\"plan\",\"work\":$(__assay_text "$PWD"),\"tests\":$__assay_tests,\"examples\":[],\"problem\":\"\"}"
__assay_send '{"event":"loading"}'
rm -r "${BASH_SOURCE[0]%/*}"
BASH_ARGV0=bash
if ! __assay_said=$(/bin/bash -n "$__assay_path" 2>&1); then
  [[ $__assay_said =~ line\ ([0-9]+):\ (.*) ]]
  __assay_facts=$(__assay_error SyntaxError "${BASH_REMATCH[2]%%$'\n'*}" false true "${BASH_REMATCH[1]:-0}")
  __assay_send "{\"event\":\"load_failed\",\"error\":$__assay_facts}"
  __assay_done 0 0
fi
trap '__assay_end "$?" "${BASH_SOURCE[0]}" "$LINENO"' EXIT
[[ $__assay_mode == check ]] || source "$__assay_path"
trap '__assay_end "$?" "${BASH_SOURCE[0]}" "$LINENO"' EXIT
__assay_send '{"event":"loaded"}'
[[ $__assay_mode == script ]] || __assay_done 0 0
__assay_state=testing
__assay_send '{"event":"start","test":"line 1"}'
source <(builtin printf '%s\n' "$__assay_code")
__assay_status=$?
if ((__assay_status == 0)); then
  __assay_send '{"event":"passed","test":"line 1"}'
  __assay_done 1 0
fi
__assay_left_by=tests
__assay_end "$__assay_status" tests 0
