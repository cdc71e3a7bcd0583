import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { ComponentStep } from '../component-step';
import { ImageComponent } from '../image-component';
import { pythonStep } from './script-step';

const FILE = '/usr/share/cdk-atlantis/sbom.cdx.json';

/**
 * Lists what is on the image, as its last component: an image whose list lacks something that was downloaded is no image.
 *
 * @see https://cyclonedx.org/docs/1.5/json/
 */
export function billOfMaterials(name: string, bucket?: IBucket): ImageComponent {
  const upload = bucket
    ? [
        ComponentStep.bash('Time', ['printf %s "$(date --utc +%Y-%m-%dT%H-%M-%SZ)"']),
        ComponentStep.s3Upload('Upload', {
          source: FILE,
          destination: `s3://${bucket.bucketName}/${name}/{{ build.Time.outputs.stdout }}.cdx.json`,
        }),
      ]
    : [];
  return ImageComponent.inline('BillOfMaterials', {
    description: 'Lists what is on the image, as CycloneDX',
    buildSteps: [pythonStep('List', 'write-sbom.py'), ...upload],
    validateSteps: [pythonStep('Complete', 'check-sbom.py')],
  });
}
