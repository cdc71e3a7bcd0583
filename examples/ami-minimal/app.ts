import { App, Stack } from 'aws-cdk-lib';
import { AtlantisAmi, ImageLevel, RuntimeTool, TcpKeepalive } from '../../src';

const app = new App();
const stack = new Stack(app, 'AtlantisImage');

const ami = new AtlantisAmi(stack, 'Ami', {
  levels: [
    ImageLevel.common({ tcpKeepalive: TcpKeepalive.aurora() }),
    ImageLevel.runtime({ tools: [RuntimeTool.terraform('1.14.9')] }),
    ImageLevel.atlantis({ repoAllowlist: ['github.com/acme/*'] }),
  ],
});

ami.machineImage; // for a launch template
