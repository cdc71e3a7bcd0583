"""The environment that the local cloud starts us with."""
import os

RUN = os.environ.get("CDK_ATLANTIS_CLOUD_RUN", "local")
NETWORK = os.environ.get("CDK_ATLANTIS_CLOUD_NETWORK", "bridge")
RELAY = os.environ.get("CDK_ATLANTIS_CLOUD_RELAY")
STEADY_SECONDS = float(os.environ.get("CDK_ATLANTIS_CLOUD_STEADY_SECONDS", "300"))
UNWATCHED_SECONDS = float(os.environ.get("CDK_ATLANTIS_CLOUD_UNWATCHED_SECONDS", "3"))
"""How long a task must run to count as started when neither a health check nor a load balancer watches it; AWS waits 40 s."""
ASSUME_TLS = os.environ.get("CDK_ATLANTIS_CLOUD_ASSUME_TLS", "") not in ("", "0", "false")

RUN_LABEL = "cdk-atlantis.run"
"""What a clean-up of a dead run looks for on containers and volumes."""
