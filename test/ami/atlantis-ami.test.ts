import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AtlantisAmi, ComponentStep, ImageBase, ImageComponent, ImageLevel, ImageOs, RuntimeTool, TfDistribution } from '../../src';
import { deployed, policiesOf } from '../fargate/resolved';
import { onlyResource, REGION, resourcesOf } from '../synthesized';
import { documentsIn, image, imageStack, refusalOfImage } from './synthesized-image';

const component = (name: string, word = 'hello') =>
  ImageComponent.inline(name, { buildSteps: [ComponentStep.bash('Say', [`echo ${word}`])] }, {});
const own = (...names: string[]) =>
  ImageLevel.of(
    'own',
    names.map((name) => component(name)),
  );
const recipeOf = (template: Template) => onlyResource(template, 'AWS::ImageBuilder::ImageRecipe').Properties;
const versionOf = (...levels: ImageLevel[]) => recipeOf(image({ levels }).template).Version;

describe('AtlantisAmi', () => {
  test('the components run level by level, and the bill of materials comes after them', () => {
    const { template } = image({ levels: [own('First', 'Second'), ImageLevel.of('other', [component('Third')])] });
    expect(documentsIn(template).map(({ name }) => name)).toEqual(['First', 'Second', 'Third', 'BillOfMaterials']);
  });

  test('AtlantisAmiProps.base left out: Amazon Linux 2023 for ARM64', () => {
    const { ami, template } = image({ levels: [own('A')] });
    expect(recipeOf(template).ParentImage).toBe('ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64');
    expect([ami.os, ami.architecture, ami.rootDeviceName]).toEqual([
      ImageOs.AMAZON_LINUX_2023,
      ec2.InstanceArchitecture.ARM_64,
      '/dev/xvda',
    ]);
  });

  test('AtlantisAmiProps.tests left out: nothing runs after the bill of materials', () => {
    expect(documentsIn(image({ levels: [own('A')] }).template).at(-1).name).toBe('BillOfMaterials');
  });

  test('tests run last', () => {
    const tests = [ImageComponent.inline('Probe', { testSteps: [ComponentStep.bash('Ask', ['true'])] })];
    expect(documentsIn(image({ levels: [own('A')], tests }).template).at(-1).name).toBe('Probe');
  });

  test('AtlantisAmiProps.sbomBucket left out: the bill of materials stays on the image', () => {
    expect(JSON.stringify(documentsIn(image({ levels: [own('A')] }).template))).not.toContain('S3Upload');
  });

  test('a bucket gets the bill of materials under the name of the image, and the builder may write nothing else there', () => {
    const stack = imageStack();
    const sbomBucket = new s3.Bucket(stack, 'Bills');
    const ami = new AtlantisAmi(stack, 'Ami', { levels: [own('A')], sbomBucket });
    const template = Template.fromStack(stack);
    const name = recipeOf(template).Name;
    expect(JSON.stringify(documentsIn(template))).toMatch(new RegExp(`"s3://[^/]+/${name}/{{ build.Time.outputs.stdout }}.cdx.json"`));
    const policies = JSON.stringify(policiesOf(template, stack.getLogicalId(ami.builderRole.node.defaultChild as iam.CfnRole)));
    expect(policies).toContain(`/${name}/*`);
  });

  test('the version of the recipe follows what is built, and nothing else', () => {
    expect(versionOf(own('A'))).toBe(versionOf(own('A')));
    expect(versionOf(own('A'))).not.toBe(versionOf(ImageLevel.of('own', [component('A', 'bye')])));
    expect(versionOf(own('A', 'B'))).not.toBe(versionOf(own('B', 'A')));
  });

  test('a level of another name makes another version, as its components have other ARNs', () => {
    expect(versionOf(own('A'))).not.toBe(versionOf(ImageLevel.of('other', [component('A')])));
  });

  test('another base makes another version', () => {
    const base = ImageBase.latest(ImageOs.UBUNTU_24_04);
    expect(recipeOf(image({ levels: [own('A')], base }).template).Version).not.toBe(versionOf(own('A')));
  });

  test('values of parameters stand in the recipe', () => {
    const say = ImageComponent.inline(
      'Say',
      { parameters: { word: {} }, buildSteps: [ComponentStep.bash('Say', ['echo {{ word }}'])] },
      { parameters: { word: 'hello' } },
    );
    const { template } = image({ levels: [ImageLevel.of('own', [say])] });
    expect(recipeOf(template).Components[0].Parameters).toEqual([{ Name: 'word', Value: ['hello'] }]);
  });

  test('the agent by which people come in stays on the image', () => {
    const { template } = image({ levels: [own('A')] });
    expect(recipeOf(template).AdditionalInstanceConfiguration).toEqual({ SystemsManagerAgent: { UninstallAfterBuild: false } });
  });

  test("Debian's machine installs its agent when it starts", () => {
    const base = ImageBase.latest(ImageOs.DEBIAN_12, { ssmAgent: { version: '3.3.2299.0', sha256: 'b'.repeat(64) } });
    const { UserDataOverride } = recipeOf(image({ levels: [own('A')], base }).template).AdditionalInstanceConfiguration;
    expect(JSON.stringify(UserDataOverride)).toContain('amazon-ssm-agent.deb');
  });

  test('what Image Builder removes from an image is removed from one whose machine has user data, too', () => {
    const base = ImageBase.latest(ImageOs.DEBIAN_12, { ssmAgent: { version: '3.3.2299.0', sha256: 'b'.repeat(64) } });
    const { AdditionalInstanceConfiguration, WorkingDirectory } = recipeOf(image({ levels: [own('A')], base }).template);
    const script = JSON.stringify(AdditionalInstanceConfiguration.UserDataOverride);
    expect(script).toContain(`WORKING_DIRECTORY='${WorkingDirectory}'`);
    expect(script.indexOf('perform_cleanup')).toBeGreaterThan(0);
    expect(script.indexOf('perform_cleanup')).toBeLessThan(script.indexOf('curl'));
  });

  test('the builder may read what components fetch', () => {
    const asset = ImageComponent.asset('Files', { path: __filename, destination: '/opt/file' });
    const { ami, stack, template } = image({ levels: [ImageLevel.of('own', [asset])] });
    const policies = policiesOf(template, stack.getLogicalId(ami.builderRole.node.defaultChild as iam.CfnRole));
    expect(JSON.stringify(policies)).toContain('s3:GetObject*');
  });

  test('machines are started from the image that is promoted', () => {
    const { stack, template, ami } = image({ levels: [own('A')] }, ({ ami, stack }) => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      new ec2.Instance(stack, 'Instance', { vpc, machineImage: ami.machineImage, instanceType: new ec2.InstanceType('t4g.small') });
    });
    const { ImageId } = onlyResource(template, 'AWS::EC2::Instance').Properties;
    expect(template.toJSON().Parameters[ImageId.Ref]).toMatchObject({
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      Default: ami.promotedParameterName,
    });
    expect(stack.resolve(ami.promotedParameterName)).not.toBe(ami.candidateParameterName);
  });

  test('an image can be the base of another one', () => {
    const stack = imageStack();
    const common = new AtlantisAmi(stack, 'Common', { levels: [own('A')], base: ImageBase.latest(ImageOs.UBUNTU_24_04) });
    new AtlantisAmi(stack, 'Application', { base: ImageBase.golden(common), levels: [own('B')] });
    const recipes = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::ImageBuilder::ImageRecipe'));
    const template = Template.fromStack(stack);
    expect(recipes.map(({ Properties }) => deployed(template, Properties.ParentImage))).toContain(`ssm:${common.promotedParameterName}`);
  });

  test('nothing of the template runs code of this library on AWS', () => {
    const { template } = image();
    expect(Object.keys(resourcesOf(template, 'AWS::Lambda::Function'))).toEqual([]);
    expect(Object.values(template.toJSON().Resources).filter((each) => /^Custom::/.test((each as { Type: string }).Type))).toEqual([]);
  });

  test.each([
    ['no level', { levels: [] }, 'levels: got no level; give one at least, such as ImageLevel.common()'],
    ['a level without a component', { levels: [ImageLevel.of('own', [])] }, 'the level "own" has no component; give one at least'],
    ['a level twice', { levels: [own('A'), own('B')] }, 'levels[1]: is the second level "own"; give each level once'],
    [
      'a wrong name of a level',
      { levels: [ImageLevel.of('a b', [component('A')])] },
      'levels[0]: got the name "a b"; start with a letter, then letters, digits and dashes, 41 characters at most',
    ],
    [
      'a component twice',
      { levels: [own('A', 'A')] },
      'own component "A": has the name of another component of this image; give it another one',
    ],
    [
      'too many components',
      {
        levels: [
          ImageLevel.of(
            'own',
            Array.from({ length: 20 }, (_, i) => component(`C${i}`)),
          ),
        ],
      },
      'levels: have 21 components (own 20, last 1), and Image Builder takes 20; build the first levels as an image of their own and give it as ImageBase.golden',
    ],
  ])('%s is refused', (_what, props, message) => {
    expect(refusalOfImage(props)).toContain(message);
  });

  describe('the program that the server plans with', () => {
    const openTofu = ImageLevel.runtime({ tools: [RuntimeTool.openTofu('1.12.5')] });
    const tofu = { settings: { defaultTfDistribution: TfDistribution.OPENTOFU } };

    test('is not another one than the image has', () => {
      expect(refusalOfImage({ levels: [openTofu, ImageLevel.atlantis()] })).toBe(
        "[Stack/Ami] levels: the server plans with terraform, and the image has tofu; add it to the runtime level, or set the server's settings.defaultTfDistribution",
      );
    });

    test.each([
      ['is the one that the image has', [openTofu, ImageLevel.atlantis(tofu)]],
      ['is not looked for where the base may have it', [ImageLevel.atlantis()]],
      ['is not looked for where the server downloads it', [openTofu, ImageLevel.atlantis({ settings: { defaultTfVersion: '1.14.9' } })]],
    ])('%s', (_what, levels) => {
      expect(refusalOfImage({ levels })).toBe('taken');
    });
  });

  const least = image({ levels: [own('A')] }).template;

  test('AtlantisAmiProps.builds left out: after each deploy, which does not wait, and weekly', () => {
    expect(Object.keys(resourcesOf(least, 'AWS::ImageBuilder::Image'))).toEqual([]);
    expect(onlyResource(least, 'AWS::ImageBuilder::ImagePipeline').Properties.Schedule).toBeDefined();
    expect(JSON.stringify(resourcesOf(least, 'AWS::Events::Rule'))).toContain('CloudFormation Stack Status Change');
  });

  test('AtlantisAmiProps.builder left out: in a VPC of its own, in a private subnet', () => {
    expect(Object.keys(resourcesOf(least, 'AWS::EC2::NatGateway'))).toHaveLength(1);
  });

  test('AtlantisAmiProps.volumes left out: they are encrypted', () => {
    const mappings: { Ebs: { Encrypted: boolean } }[] = recipeOf(image().template).BlockDeviceMappings;
    expect(mappings.map(({ Ebs }) => Ebs.Encrypted)).toEqual(mappings.map(() => true));
    expect(mappings.length).toBeGreaterThan(0);
  });

  test('AtlantisAmiProps.scan left out: nothing is scanned', () => {
    expect(Object.keys(resourcesOf(least, 'AWS::ImageBuilder::Workflow'))).toEqual([]);
  });

  test('AtlantisAmiProps.distribution left out: the region of the stack', () => {
    const { Distributions } = onlyResource(least, 'AWS::ImageBuilder::DistributionConfiguration').Properties;
    expect(Distributions.map(({ Region }: { Region: string }) => Region)).toEqual([REGION]);
  });

  test('AtlantisAmiProps.promotion left out: what is available is promoted', () => {
    expect(JSON.stringify(resourcesOf(least, 'AWS::Events::Rule'))).toContain('EC2 Image Builder Image State Change');
  });

  test('AtlantisAmiProps.lifecycle left out: old images are deleted', () => {
    expect(Object.keys(resourcesOf(least, 'AWS::ImageBuilder::LifecyclePolicy')).length).toBeGreaterThan(0);
  });

  test('AtlantisAmiProps.notifications left out: nobody is told', () => {
    expect(Object.keys(resourcesOf(least, 'AWS::SNS::Topic'))).toEqual([]);
  });

  test('several mistakes are found at once', () => {
    const refusal = refusalOfImage({ base: ImageBase.amiId('own', ImageOs.UBUNTU_24_04), levels: [] });
    expect(refusal).toMatch(/^2 problems:\n {2}- \[Stack\/Ami\] base: .*\n {2}- \[Stack\/Ami\] levels: /);
  });
});
