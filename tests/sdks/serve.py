"""Lets a test call an SDK: a JSON object a line in, one out.

In:  {"op": NAME, "args": {...}}
Out: {"ok": VALUE} or {"error": {"class": NAME, "status": HTTP STATUS or null, "message": TEXT}}
"""

import json
import sys


def status_of(error):
    """The HTTP status that an SDK's exception carries, in whichever way it does."""
    response = getattr(error, "response", None)
    if response is not None:
        return response.status_code
    numbers = [argument for argument in error.args if isinstance(argument, int)]
    return numbers[0] if numbers else None


def serve(operations):
    """Carries out lines until there are no more. `operations` are functions by name."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": operations[request["op"]](**request["args"])}
        except Exception as error:  # whatever the SDK raises is what the test wants to see
            answer = {
                "error": {"class": type(error).__name__, "status": status_of(error), "message": str(error)}
            }
        print(json.dumps(answer), flush=True)
