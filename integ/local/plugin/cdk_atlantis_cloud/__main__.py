"""python -m cdk_atlantis_cloud: ministack with this plugin, set up by the environment (see settings.py and ministack's own)."""
import ministack.app as app

from . import (  # noqa: F401 - each module puts itself in place when it is imported
    backups,
    bucket_updates,
    buckets,
    dynamodb_conditions,
    ec2,
    ecs_cluster,
    ecs_service,
    ecs_task_definition,
    efs,
    engine,
    iam_calls,
    identities,
    image_builds,
    image_descriptions,
    image_executor,
    image_findings,
    image_kinds,
    image_launch_templates,
    image_parameters,
    image_permissions,
    image_profiles,
    image_queries,
    image_schedules,
    image_stack_events,
    image_steps,
    image_types,
    listener_rules,
    mfa_devices,
    mfa_sessions,
    pass_role,
    policy_operators,
    policy_variables,
    principals,
    s3_conditions,
    s3_keys,
    secrets,
    service_scheduler,
    session_limits,
    ssm_parameters,
    state_machine_roles,
    tables,
    target_groups,
    task_run,
    trails,
    transport,
    vpc,
)

try:
    app.main()
finally:
    image_executor.close()
    engine.close()
