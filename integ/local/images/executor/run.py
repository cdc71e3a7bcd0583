"""Runs the phases of documents, step by step, as AWS's pages say."""

import json
import math
import sys
import time

from . import actions, conditions, loops, references
from .problems import RestartAsked, StepFailed

RESTARTS = 15
LAST_LINES = 30


class Stage:
    """A run of some phases of documents, in one place."""

    def __init__(self, place, documents, phases, verbose=False):
        self.place = place
        self.documents = documents
        self.phases = phases
        self.verbose = verbose
        self.steps = []
        self.failure = None
        self.history = {document: {} for document in documents}

    def run(self):
        """Whether all went well. All documents have a phase behind them before one begins with the next."""
        for phase in self.phases:
            for document in self.documents:
                if not self._phase(document, phase):
                    return False
        return True

    def result(self):
        return {"status": "failed" if self.failure else "succeeded", "steps": self.steps, "failure": self.failure}

    def _phase(self, document, phase):
        well = True
        if document.phases.get(phase):
            print(f"{document.title}, {phase}", flush=True)
        for step in document.phases.get(phase, []):
            status, seconds = self._step(document, phase, step)
            self.steps.append(
                {"component": document.title, "phase": phase, "step": step["name"], "status": status, "seconds": round(seconds, 3)}
            )
            print(f"  {step['name']}: {status} after {seconds:.1f} s", flush=True)
            if status == "failed":
                if step.get("onFailure", "Abort") == "Abort":
                    return False
                well = False
        return well

    def _step(self, document, phase, step):
        started = time.monotonic()
        history = self.history[document]
        history[(phase, step["name"])] = {"inputs": step.get("inputs"), "outputs": {}}
        try:
            if not self._wanted(document, step, history):
                return "skipped", time.monotonic() - started
            self._attempts(document, phase, step, history)
            return "done", time.monotonic() - started
        except StepFailed as problem:
            ignored = step.get("onFailure", "Abort") == "Ignore"
            self._report(document, phase, step, problem, time.monotonic() - started, ignored)
            return "failed, which is ignored" if ignored else "failed", time.monotonic() - started

    def _wanted(self, document, step, history):
        if "if" not in step:
            return True
        condition = references.resolve(step["if"], document.names, history)
        outcome = conditions.outcome(condition, self.place.call(lambda: conditions.holds(condition)))
        if outcome == "Abort":
            raise StepFailed(f"its condition says that it fails: {condition}")
        return outcome == "Execute"

    def _attempts(self, document, phase, step, history):
        attempts = step.get("maxAttempts", 1)
        for attempt in range(1, attempts + 1):
            try:
                self._restarting(document, phase, step, history)
                return
            except StepFailed as problem:
                if attempt == attempts:
                    raise
                print(f"  {step['name']}: attempt {attempt} of {attempts} failed: {problem}", flush=True)

    def _restarting(self, document, phase, step, history):
        for _ in range(RESTARTS):
            try:
                self._iterations(document, phase, step, history)
                return
            except RestartAsked as asked:
                self.place.restart()
                print(f"  {step['name']}: restarted", flush=True)
                if not asked.again:
                    return
        raise StepFailed(f"it asked for a restart {RESTARTS} times")

    def _iterations(self, document, phase, step, history):
        limit = step.get("timeoutSeconds", 7200)
        deadline = math.inf if limit == -1 else time.monotonic() + limit
        record = history[(phase, step["name"])]
        action = actions.ACTIONS[step["action"]]

        def run(loop=None, name=None):
            inputs = references.resolve(step.get("inputs"), document.names, history, loop, name)
            outputs = action.run(inputs, self.place, deadline)
            if self.verbose and outputs.get("stdout"):
                print(outputs["stdout"], flush=True)
            return inputs, outputs

        if "loop" not in step:
            record["inputs"], record["outputs"] = run()
            return
        loop = references.resolve(step["loop"], document.names, history)
        gathered = []
        for index, value in enumerate(loops.values_of(loop)):
            try:
                gathered.append(run({"index": index, "value": value}, loop.get("name"))[1])
            except StepFailed as problem:
                raise StepFailed(f"iteration {index} ({value}): {problem}", problem.exit_code, problem.printed) from None
        record["outputs"] = {key: "\n".join(one[key] for one in gathered) for key in (gathered[0] if gathered else {})}

    def _report(self, document, phase, step, problem, seconds, ignored):
        lines = problem.printed.rstrip("\n").split("\n")[-LAST_LINES:] if problem.printed else []
        sentence = f"component {document.title}, phase {phase}, step {step['name']} ({step['action']}) failed after {seconds:.1f} s: {problem}"
        print("\n".join([sentence, *(f"  | {line}" for line in lines)]), file=sys.stderr, flush=True)
        if not ignored and self.failure is None:
            self.failure = {
                "component": document.title,
                "phase": phase,
                "step": step["name"],
                "exitCode": problem.exit_code,
                "reason": str(problem),
                "printed": lines,
            }


def write_result(stage, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(stage.result(), file, indent=2)
