import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';

const app = new App();
const stack = new Stack(app, 'Enforced', { env: { region: 'us-east-1' } });
new Bucket(stack, 'Bucket', { enforceSSL: true });
