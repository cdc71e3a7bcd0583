import { Size } from 'aws-cdk-lib';
import type { CfnImageRecipe } from 'aws-cdk-lib/aws-imagebuilder';
import type { LevelVolume } from '../level-config';
import type { PipelineChoices } from './pipeline-config';

/** The volumes of the image, for its recipe. */
export function blockDeviceMappings(
  { volumes }: PipelineChoices,
  rootDeviceName: string,
  dataVolumes: readonly LevelVolume[],
): CfnImageRecipe.InstanceBlockDeviceMappingProperty[] {
  const kept = { encrypted: true, kmsKeyId: volumes?.key?.keyArn, volumeType: 'gp3' };
  const rootSize = volumes?.rootSize ?? Size.gibibytes(16);
  return [
    { deviceName: rootDeviceName, ebs: { ...kept, volumeSize: rootSize.toGibibytes(), deleteOnTermination: true } },
    ...dataVolumes.map(({ deviceName, sizeGib }) => ({
      deviceName,
      ebs: { ...kept, volumeSize: sizeGib, deleteOnTermination: false },
    })),
  ];
}
