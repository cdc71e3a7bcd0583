import { App, Stack } from 'aws-cdk-lib';
import { ImagePipeline } from 'cdk-image-pipeline';

/** aws-samples' construct as its README has it: one component, and a pipeline that somebody starts. */
const stack = new Stack(new App(), 'Peer', { env: { account: '123456789012', region: 'us-east-1' } });
new ImagePipeline(stack, 'Image', {
  components: [{ document: 'component.yaml', name: 'Component', version: '0.0.1' }],
  parentImage: 'ami-0123456789abcdef0',
});
