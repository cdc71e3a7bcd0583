"""What goes wrong, in the words that are printed."""


class Refused(Exception):
    """A document is not one that this executor can run as AWS would: nothing of it has been run."""


class StepFailed(Exception):
    """A step did not do what it is for."""

    def __init__(self, sentence, exit_code=None, printed=""):
        super().__init__(sentence)
        self.exit_code = exit_code
        self.printed = printed


class RestartAsked(Exception):
    """A step has asked for a restart: afterwards, the same step runs again, or the next one."""

    def __init__(self, again):
        super().__init__("restart")
        self.again = again
