"""In which order the containers of a task start and stop.

Follows https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
"""
CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


def problems(definitions):
    """What AWS refuses in the dependencies of a task definition."""
    by_name = {definition["name"]: definition for definition in definitions}
    found = []
    for definition in definitions:
        for dependency in definition.get("dependsOn", []):
            name, condition = dependency["containerName"], dependency["condition"]
            other = by_name.get(name)
            if other is None:
                found.append(f"container {definition['name']} depends on {name}, which the task definition does not have")
            elif condition not in CONDITIONS:
                found.append(f"container {definition['name']} depends on {name} with the unknown condition {condition}")
            elif condition in ("COMPLETE", "SUCCESS") and other.get("essential", True):
                found.append(f"container {definition['name']} waits for {name} to end with {condition}, but {name} is essential")
            elif condition == "HEALTHY" and not other.get("healthCheck"):
                found.append(f"container {definition['name']} waits for {name} to be HEALTHY, but {name} has no health check")
    return found or _circles(definitions)


def _circles(definitions):
    waiting = {definition["name"]: {entry["containerName"] for entry in definition.get("dependsOn", [])} for definition in definitions}
    while free := [name for name, others in waiting.items() if not others & waiting.keys()]:
        for name in free:
            del waiting[name]
    return [f"the containers {', '.join(sorted(waiting))} depend on each other in a circle"] if waiting else []


def satisfied(condition, state):
    """Whether a container in `state` (None: not started) lets those that wait for it start."""
    if state is None:
        return False
    if condition == "START":
        return True
    if condition == "HEALTHY":
        return state.health == "HEALTHY"
    return state.ended and (condition == "COMPLETE" or state.exit_code == 0)


def hopeless(condition, state):
    """Whether a container in `state` can never satisfy the condition any more."""
    if state is None or not state.ended:
        return condition == "HEALTHY" and state is not None and state.health == "UNHEALTHY"
    return condition == "HEALTHY" or (condition == "SUCCESS" and state.exit_code != 0)


def stop_next(definitions, running):
    """Of the running containers those that no other running one depends on: the order of start-up reversed."""
    needed = {entry["containerName"] for definition in definitions if definition["name"] in running
              for entry in definition.get("dependsOn", [])}
    return [name for name in running if name not in needed] or list(running)
