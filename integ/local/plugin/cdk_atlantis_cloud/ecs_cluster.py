"""The capacity providers of a cluster."""
from .api import call
from .resources import known, resource

TYPE = "AWS::ECS::ClusterCapacityProviderAssociations"


def _put(properties):
    known(TYPE, properties, "Cluster", "CapacityProviders", "DefaultCapacityProviderStrategy")
    strategy = [{"capacityProvider": entry["CapacityProvider"], **{
        name.lower(): int(entry[name]) for name in ("Base", "Weight") if name in entry}}
        for entry in properties.get("DefaultCapacityProviderStrategy", [])]
    providers = properties.get("CapacityProviders", [])
    missing = [entry["capacityProvider"] for entry in strategy if entry["capacityProvider"] not in providers]
    if missing:
        raise ValueError(f"{TYPE}: {', '.join(missing)} is not among the cluster's capacity providers")
    call("ecs", "PutClusterCapacityProviders", cluster=properties["Cluster"], capacityProviders=providers,
         defaultCapacityProviderStrategy=strategy)
    return properties["Cluster"], {}


resource(TYPE, replace=("Cluster",),
         create=lambda logical_id, properties, stack_name: _put(properties),
         update=lambda physical_id, old, new, stack_name, logical_id: _put(new),
         delete=lambda physical_id, properties: None)
