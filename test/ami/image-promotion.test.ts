import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ImageDistribution, ImagePromotion } from '../../src';
import type { PromotionOptions } from '../../src/ami/image-promotion';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import {
  CANDIDATE,
  definitionOf,
  deployed,
  IMAGE_ARN,
  NAME,
  only,
  PROMOTED,
  piped,
  policiesOfRole,
  refusalOf,
  stackIn,
} from './pipeline-stack';
import { Region } from './region';
import { Failure, run } from './states';

const TEMPLATE = 'GivenTemplate';
const DESCRIPTION = `Promoted image of ${NAME}`;

function synthesized(options: PromotionOptions = {}, templates = 0) {
  return piped((stack) => {
    const launchTemplates = Array.from({ length: templates }, (_, i) => new ec2.LaunchTemplate(stack, `${TEMPLATE}${i}`));
    return { promotion: ImagePromotion.automatic({ ...options, ...(templates > 0 ? { launchTemplates } : {}) }) };
  }).template;
}

/** The machine in a region, with the templates that it writes. */
function machine(options: PromotionOptions = {}, templates = 1) {
  const template = synthesized(options, templates);
  const definition = definitionOf(template, 'Promotion');
  const region = new Region();
  const ids = Object.keys(resourcesOf(template, 'AWS::EC2::LaunchTemplate'));
  for (const id of ids) {
    region.templates[id] = [{ VersionNumber: 1, DefaultVersion: true, LaunchTemplateData: { InstanceType: 'm7g.large' } }];
  }
  const promote = (input: object = {}) => run(definition, input, region.service);
  const build = (imageId: string) => {
    region.image(imageId);
    region.parameters[CANDIDATE] = [...(region.parameters[CANDIDATE] ?? []), imageId];
  };
  return { region, ids, promote, build };
}

describe('a promotion', () => {
  test('writes the candidate into the promoted parameter and into a new default version of each launch template', () => {
    const { region, ids, promote, build } = machine({}, 2);
    build('ami-1');
    promote();
    expect(region.parameters[PROMOTED]).toEqual(['ami-1']);
    for (const id of ids) {
      const [made] = region.templates[id].filter(({ DefaultVersion }) => DefaultVersion);
      expect(made).toMatchObject({ VersionNumber: 2, LaunchTemplateData: { ImageId: 'ami-1', InstanceType: 'm7g.large' } });
    }
    expect(region.inUse).toEqual(['ami-1']);
  });

  test('tags the image before anything names it', () => {
    const { region, promote, build } = machine();
    build('ami-1');
    promote();
    const order = ['ec2:createTags', 'ec2:createLaunchTemplateVersion', 'ec2:modifyLaunchTemplate', 'ssm:putParameter'];
    expect(region.calls.filter((call) => order.includes(call))).toEqual(order);
  });

  test('the parameter has the data type of images, so that Systems Manager refuses what is none', () => {
    const { Parameters } = definitionOf(synthesized(), 'Promotion').States.WriteParameter;
    expect(Parameters).toMatchObject({ Name: PROMOTED, DataType: 'aws:ec2:image', Overwrite: true });
  });

  test('with an image id goes back to an older image', () => {
    const { region, ids, promote, build } = machine();
    for (const id of ['ami-1', 'ami-2']) {
      build(id);
      promote();
    }
    promote({ imageId: 'ami-1' });
    expect(region.parameters[PROMOTED]).toEqual(['ami-1', 'ami-2', 'ami-1']);
    expect(region.named(ids[0])).toEqual([undefined, 'ami-1', 'ami-2', 'ami-1']);
    expect(region.inUse).toEqual(['ami-1', 'ami-2']);
  });

  test('of what is no available image of this pipeline fails, and changes nothing', () => {
    const { region, promote } = machine();
    region.image('ami-other', { 'cdk-atlantis:image': 'another' });
    region.image('ami-pending', { 'cdk-atlantis:image': NAME }, 'pending');
    for (const imageId of ['ami-other', 'ami-pending', 'ami-unknown']) {
      expect(() => promote({ imageId })).toThrow(`The image is not an available one of ${NAME} in this account and region`);
    }
    expect(region.inUse).toEqual([]);
    expect(region.parameters[PROMOTED]).toBeUndefined();
  });

  test('without any candidate fails, and says which parameter is missing', () => {
    const { promote } = machine();
    expect(() => promote()).toThrow(`There is no image yet: the parameter ${CANDIDATE} cannot be read`);
    expect(() => promote()).toThrow(Failure);
  });

  test('after a build waits until the parameter names an image of this build', () => {
    const { region, promote, build } = machine();
    build('ami-1');
    build('ami-2');
    region.builds[IMAGE_ARN] = ['ami-2', 'ami-2-elsewhere'];
    const values = [['ami-1'], ['ami-1'], ['ami-1', 'ami-2']];
    Object.defineProperty(region.parameters, CANDIDATE, { get: () => (values.length > 1 ? values.shift() : values[0]) });
    const { entered } = promote({ images: [IMAGE_ARN] });
    expect(entered.filter((state) => state === 'WaitForCandidate')).toHaveLength(2);
    expect(region.parameters[PROMOTED]).toEqual(['ami-2']);
  });

  test('after a build leaves the candidate of another build to that one', () => {
    const { region, promote, build } = machine();
    build('ami-1');
    build('ami-2');
    region.builds[IMAGE_ARN] = ['ami-1'];
    const { entered } = promote({ images: [IMAGE_ARN] });
    expect(entered[entered.length - 1]).toBe('Superseded');
    expect(region.parameters[PROMOTED]).toBeUndefined();
  });

  test('waits while an older one runs', () => {
    const { region, promote, build } = machine();
    build('ami-1');
    const lists = [[], ['execution-1', 'execution-0'], ['execution-2', 'execution-1']];
    Object.defineProperty(region, 'running', { get: () => lists.shift() });
    const { entered } = promote();
    expect(entered.filter((state) => state === 'Wait')).toHaveLength(3);
    expect(entered.indexOf('TagAsInUse')).toBeGreaterThan(entered.lastIndexOf('Wait'));
  });
});

describe('images that were promoted', () => {
  test('stay in use as long as they are among the newest, and go with the versions that name them', () => {
    const { region, ids, promote, build } = machine({ keep: 3 });
    for (let i = 1; i <= 5; i++) {
      build(`ami-${i}`);
      promote();
    }
    expect(region.inUse).toEqual(['ami-3', 'ami-4', 'ami-5']);
    expect(region.named(ids[0])).toEqual([undefined, 'ami-3', 'ami-4', 'ami-5']);
  });

  test('keep their tag until the version that names them is deleted', () => {
    const { region, promote, build } = machine({ keep: 2 });
    for (let i = 1; i <= 3; i++) {
      build(`ami-${i}`);
      promote();
    }
    expect(region.calls.lastIndexOf('ec2:deleteLaunchTemplateVersions')).toBeLessThan(region.calls.lastIndexOf('ec2:deleteTags'));
  });

  test('stay in use while a version names them that somebody else made', () => {
    const { region, ids, promote, build } = machine({ keep: 2 });
    build('ami-1');
    promote();
    const foreign = { VersionNumber: 9, DefaultVersion: false, LaunchTemplateData: { ImageId: 'ami-1' } };
    region.templates[ids[0]].push(foreign);
    for (let i = 2; i <= 4; i++) {
      build(`ami-${i}`);
      promote();
    }
    expect(region.templates[ids[0]]).toContain(foreign);
    expect(region.inUse).toEqual(['ami-1', 'ami-3', 'ami-4']);
  });

  test('stay in use while any of the launch templates names them', () => {
    const { region, ids, promote, build } = machine({ keep: 2 }, 2);
    build('ami-1');
    promote();
    region.templates[ids[1]].push({ VersionNumber: 9, DefaultVersion: false, LaunchTemplateData: { ImageId: 'ami-1' } });
    for (let i = 2; i <= 3; i++) {
      build(`ami-${i}`);
      promote();
    }
    expect(region.inUse).toContain('ami-1');
  });

  /** After the first image is replaced twice, of which one former image is kept. */
  function inUseAfter(change: (region: Region) => void): string[] {
    const { region, promote, build } = machine({ keep: 2 }, 1);
    for (let i = 1; i <= 3; i++) {
      build(`ami-${i}`);
      if (i === 2) change(region);
      promote();
    }
    return region.inUse;
  }

  test('stay in use while there is a machine of them, whoever started it', () => {
    for (const state of ['pending', 'running', 'stopping', 'stopped']) {
      expect(inUseAfter(({ machines }) => machines.push({ image: 'ami-1', state }))).toEqual(['ami-1', 'ami-2', 'ami-3']);
    }
    expect(inUseAfter(({ machines }) => machines.push({ image: 'ami-1', state: 'terminated' }))).toEqual(['ami-2', 'ami-3']);
    expect(inUseAfter(({ machines }) => machines.push({ image: 'ami-9', state: 'running' }))).toEqual(['ami-2', 'ami-3']);
  });

  test('stay in use while any launch template names them in its newest or its default version', () => {
    const named = (image: string, DefaultVersion = false) => ({ VersionNumber: 1, DefaultVersion, LaunchTemplateData: { ImageId: image } });
    const others = (...versions: ReturnType<typeof named>[]) =>
      inUseAfter(({ templates }) => {
        templates.other = versions;
      });
    expect(others(named('ami-0', true), named('ami-1'))).toEqual(['ami-1', 'ami-2', 'ami-3']);
    expect(others(named('ami-1', true), named('ami-0'))).toEqual(['ami-1', 'ami-2', 'ami-3']);
    expect(others(named('ami-1'), named('ami-0', true))).toEqual(['ami-2', 'ami-3']);
  });

  test('of former days that are promoted again are kept by it', () => {
    const { region, promote, build } = machine({ keep: 2 });
    for (let i = 1; i <= 3; i++) {
      build(`ami-${i}`);
      promote();
    }
    promote({ imageId: 'ami-1' });
    expect(region.inUse).toEqual(['ami-1', 'ami-3']);
  });

  test('without launch templates are kept by the parameter alone', () => {
    const { region, promote, build } = machine({ keep: 2 }, 0);
    for (let i = 1; i <= 3; i++) {
      build(`ami-${i}`);
      promote();
    }
    expect(region.inUse).toEqual(['ami-2', 'ami-3']);
  });

  test('after each step of each promotion no image is without its tag that a version or the parameter names', () => {
    const { region, ids, promote, build } = machine({ keep: 2 });
    const { service } = region;
    const untagged = () => {
      const promoted = region.parameters[PROMOTED] ?? [];
      const used = [...region.named(ids[0]), promoted[promoted.length - 1]].filter((id) => id !== undefined);
      return used.filter((id) => !region.inUse.includes(id as string));
    };
    const checked: number[] = [];
    Object.defineProperty(region, 'service', {
      get: () => (name: string, parameters: object) => {
        const answer = service(name, parameters);
        expect(untagged()).toEqual([]);
        checked.push(1);
        return answer;
      },
    });
    for (let i = 1; i <= 5; i++) {
      build(`ami-${i}`);
      promote();
    }
    promote({ imageId: 'ami-4' });
    expect(checked.length).toBeGreaterThan(60);
  });
});

describe('ImagePromotion', () => {
  test('automatic: an image that can be had is promoted', () => {
    const rule = only(synthesized(), 'AWS::Events::Rule', 'Candidate');
    expect(rule.Properties.EventPattern).toMatchObject({
      source: ['aws.imagebuilder'],
      'detail-type': ['EC2 Image Builder Image State Change'],
      detail: { state: { status: ['AVAILABLE'] } },
    });
    expect(IMAGE_ARN.startsWith(deployed(synthesized(), rule.Properties.EventPattern.resources[0].prefix))).toBe(true);
    expect(rule.Properties.Targets[0].InputTransformer).toEqual({
      InputPathsMap: { resources: '$.resources' },
      InputTemplate: '{"images":<resources>}',
    });
  });

  test('manual: nothing starts the machine', () => {
    const { template } = piped(() => ({ promotion: ImagePromotion.manual() }));
    expect(Object.keys(resourcesOf(template, 'AWS::Events::Rule')).filter((id) => id.includes('Candidate'))).toEqual([]);
    only(template, 'AWS::StepFunctions::StateMachine', 'Promotion');
  });

  test('PromotionOptions.launchTemplates left out: no template is written', () => {
    expect(JSON.stringify(definitionOf(synthesized(), 'Promotion'))).not.toMatch(/(create|delete|modify)LaunchTemplate/);
  });

  test('PromotionOptions.keep left out: five images are kept', () => {
    const { region, promote, build } = machine();
    for (let i = 1; i <= 7; i++) {
      build(`ami-${i}`);
      promote();
    }
    expect(region.inUse).toEqual(['ami-3', 'ami-4', 'ami-5', 'ami-6', 'ami-7']);
  });

  test('versions say whose they are', () => {
    const { States } = definitionOf(synthesized({}, 1), 'Promotion');
    expect(States.CreateVersion0.Parameters.VersionDescription).toBe(DESCRIPTION);
  });

  test('a number to keep that leaves no way back is refused', () => {
    for (const keep of [1, 51, 2.5]) {
      expect(refusalOf(() => ({ promotion: ImagePromotion.automatic({ keep }) }))).toContain(
        `promotion.keep: got ${keep}; give a whole number from 2, which a rollback needs, to 50`,
      );
    }
  });

  test('a launch template whose image CloudFormation writes is refused', () => {
    const message = refusalOf((stack) => {
      const machineImage = ec2.MachineImage.genericLinux({ [REGION]: 'ami-1' });
      return { promotion: ImagePromotion.automatic({ launchTemplates: [new ec2.LaunchTemplate(stack, 'Template', { machineImage })] }) };
    });
    expect(message).toContain('the image of Stack/Template is written by CloudFormation already; make');
    expect(message).toContain('make the template without `machineImage`');
  });

  test('a launch template of another region is refused', () => {
    const message = refusalOf((stack) => {
      const other = stackIn('eu-west-1');
      expect(stack.region).toBe(REGION);
      return { promotion: ImagePromotion.manual({ launchTemplates: [new ec2.LaunchTemplate(other, 'Template')] }) };
    });
    expect(message).toContain(`Stack/Template is in eu-west-1, out of reach from ${REGION}`);
    expect(message).toContain('promote it there, with `PromotedImage`');
  });

  test('a launch template that is known by its name only is refused', () => {
    const message = refusalOf((stack) => ({
      promotion: ImagePromotion.manual({
        launchTemplates: [ec2.LaunchTemplate.fromLaunchTemplateAttributes(stack, 'Named', { launchTemplateName: 'named' })],
      }),
    }));
    expect(message).toContain('Stack/Named is known by its name only; give one with `launchTemplateId`');
  });

  test('a launch template that is given twice is refused', () => {
    const message = refusalOf((stack) => {
      const template = new ec2.LaunchTemplate(stack, 'Template');
      return { promotion: ImagePromotion.manual({ launchTemplates: [template, template] }) };
    });
    expect(message).toContain('promotion.launchTemplates: got a launch template twice; give each once');
  });

  test('a launch template that each image is written into as well is refused', () => {
    const message = refusalOf((stack) => ({
      promotion: ImagePromotion.manual({
        launchTemplates: [ec2.LaunchTemplate.fromLaunchTemplateAttributes(stack, 'Given', { launchTemplateId: 'lt-0123' })],
      }),
      distribution: [ImageDistribution.region(REGION, { launchTemplates: [{ launchTemplateId: 'lt-0123' }] })],
    }));
    expect(message).toContain('lt-0123 follows each image, but `promotion` has it too; leave');
    expect(message).toContain('leave it out of one of them');
  });
});

describe('the role of promotions', () => {
  const template = synthesized({}, 1);
  const policies = policiesOfRole(template, 'PromotionRole');
  const [launchTemplate] = Object.keys(resourcesOf(template, 'AWS::EC2::LaunchTemplate'));
  const principal = `arn:aws:iam::${ACCOUNT}:role/promotion`;
  const image = `arn:aws:ec2:${REGION}::image/ami-1`;
  const allowed = (action: string, resource: string, context: { [key: string]: string | string[] } = {}) =>
    isAllowed({ principal, action, resource, context, policies });
  const parameter = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;

  test('writes the promoted parameter, and neither the candidate nor others', async () => {
    expect(await allowed('ssm:PutParameter', parameter(PROMOTED))).toBe(true);
    expect(await allowed('ssm:PutParameter', parameter(CANDIDATE))).toBe(false);
    expect(await allowed('ssm:GetParameter', parameter(CANDIDATE))).toBe(true);
    expect(await allowed('ssm:GetParameter', parameter('/secret'))).toBe(false);
  });

  test('writes the given launch template, and no other', async () => {
    const arn = (id: string) => `arn:aws:ec2:${REGION}:${ACCOUNT}:launch-template/${id}`;
    expect(await allowed('ec2:CreateLaunchTemplateVersion', arn(launchTemplate))).toBe(true);
    expect(await allowed('ec2:CreateLaunchTemplateVersion', arn('lt-other'))).toBe(false);
    expect(await allowed('ec2:DeleteLaunchTemplate', arn(launchTemplate))).toBe(false);
  });

  test('says what is in use of images of this pipeline, and changes no other tag', async () => {
    const own = { 'aws:ResourceTag/cdk-atlantis:image': NAME };
    const inUse = { 'aws:TagKeys': ['cdk-atlantis:in-use'] };
    expect(await allowed('ec2:CreateTags', image, { ...own, ...inUse })).toBe(true);
    expect(await allowed('ec2:DeleteTags', image, { ...own, ...inUse })).toBe(true);
    expect(await allowed('ec2:DeleteTags', image, { ...own, 'aws:TagKeys': ['cdk-atlantis:image'] })).toBe(false);
    expect(await allowed('ec2:DeleteTags', image, own)).toBe(false);
    expect(await allowed('ec2:CreateTags', image, { 'aws:ResourceTag/cdk-atlantis:image': 'other', ...inUse })).toBe(false);
    expect(await allowed('ec2:DeregisterImage', image, own)).toBe(false);
  });

  test('sees the running promotions only', async () => {
    const id = only(template, 'AWS::StepFunctions::StateMachine', 'Promotion').id;
    const arn = (name: string) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;
    expect(await allowed('states:ListExecutions', arn(id))).toBe(true);
    expect(await allowed('states:ListExecutions', arn('other'))).toBe(false);
    expect(await allowed('states:StartExecution', arn(id))).toBe(false);
  });
});
