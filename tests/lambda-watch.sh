#!/usr/bin/env bash
# Runs the rule under `cargo lambda watch`, hands it events with `cargo lambda invoke`, and checks the
# answers and what AWS Config was told. `make lambda-watch` runs it, with the simulator as AWS:
#
#   organization-simulator --organization tests/organizations/rule.toml --run -- tests/lambda-watch.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${AWS_ENDPOINT_URL:?no simulator; run \`make lambda-watch\`}"

cargo=${CARGO:-cargo}
python=${PYTHON:-python3}
function=ecr-encryption-rule
log=$(mktemp)
limit=$(command -v timeout >/dev/null && echo timeout 60 || true)
export PATH=$PWD/.tools/lambda/bin:$PATH

# As `cargo lambda watch` will; it would wait for ever where this fails.
# shellcheck disable=SC2086 # LOCKED is empty or a flag
"$cargo" build ${LOCKED:-} --bin "$function"

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# A process group of its own, so that the rule ends with it.
set -m
"$cargo" lambda watch --ignore-changes --invoke-address 127.0.0.1 --invoke-port "$port" >"$log" 2>&1 &
watch=$!
set +m
finish() {
    local status=$?
    kill -- "-$watch" 2>/dev/null || true
    wait "$watch" 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        echo "lambda-watch: FAILED; what \`cargo lambda watch\` wrote:" >&2
        cat "$log" >&2
    fi
    rm -f "$log"
}
trap finish EXIT

for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    kill -0 "$watch" || exit 1
    sleep 0.1
done

invoke() {
    $limit "$cargo" lambda invoke --invoke-address 127.0.0.1 --invoke-port "$port" --data-file "tests/events/$1" "$function"
}

# check EVENT ANSWER RESOURCE COMPLIANCE
check() {
    local answer
    answer=$(invoke "$1")
    echo "$1: $answer"
    ANSWER=$answer "$python" - "${@:2}" <<'PYTHON'
import json, os, sys, urllib.request

answer, resource, compliance = sys.argv[1:]
assert json.loads(os.environ["ANSWER"]) == json.loads(answer), f"the answer should be {answer}"
told = json.load(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_simulator/evaluations"))
last = json.dumps(told[-1])
print("  AWS Config was told:", last)
assert f'"{resource}"' in last and f'"{compliance}"' in last, f"{resource} should be {compliance}"
PYTHON
}

check ecr-change.json '{"evaluations": 1}' images/api COMPLIANT
check ecr-member-account.json '{"evaluations": 1}' shop/legacy NON_COMPLIANT
check ecr-deleted.json '{"evaluations": 1}' images/gone NOT_APPLICABLE
echo "lambda-watch: passed"
