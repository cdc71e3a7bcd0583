import * as ecs from 'aws-cdk-lib/aws-ecs';
import { AtlantisVersion } from '../server/atlantis-version';

/** The container image that the server runs from. */
export abstract class AtlantisImage {
  /**
   * The image that the Atlantis project publishes, by its version's tag.
   *
   * @param version the version @default AtlantisVersion.V0_47_1
   * @see https://github.com/runatlantis/atlantis/pkgs/container/atlantis
   */
  public static upstream(version?: AtlantisVersion): AtlantisImage {
    return new Upstream(version ?? AtlantisVersion.V0_47_1);
  }

  /** @internal */
  public abstract _bind(): ecs.ContainerImage;
}

class Upstream extends AtlantisImage {
  constructor(private readonly version: AtlantisVersion) {
    super();
  }

  public _bind(): ecs.ContainerImage {
    return ecs.ContainerImage.fromRegistry(`ghcr.io/runatlantis/atlantis:v${this.version.version}`);
  }
}
