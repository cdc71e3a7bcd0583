"""Why a task did not start or did not go on."""


class TaskStopped(Exception):
    """Ends a task: `reason` and `code` are what DescribeTasks answers as stoppedReason and stopCode."""

    def __init__(self, reason, code="TaskFailedToStart"):
        super().__init__(reason)
        self.reason = reason
        self.code = code


def not_initialized(reason):
    return TaskStopped(f"ResourceInitializationError: {reason}")
