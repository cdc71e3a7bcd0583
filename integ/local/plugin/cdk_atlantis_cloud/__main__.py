"""python -m cdk_atlantis_cloud: ministack with this plugin, set up by the environment (see settings.py and ministack's own)."""
import ministack.app as app

from . import (  # noqa: F401 - each module puts itself in place when it is imported
    ec2,
    ecs_cluster,
    ecs_service,
    ecs_task_definition,
    efs,
    engine,
    listener_rules,
    secrets,
    service_scheduler,
    target_groups,
    task_run,
    transport,
    vpc,
)

try:
    app.main()
finally:
    engine.close()
