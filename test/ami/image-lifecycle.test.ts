import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ImageDistribution, ImageLifecycle, ImagePromotion } from '../../src';
import { IN_USE_TAG, RECIPE_VERSION_TAG } from '../../src/ami/private/pipeline/image-tags';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { deletedBy, type KeptImage } from './lifecycle-evaluator';
import { CANDIDATE, definitionOf, NAME, piped, policiesOfRole, refusalOf, VERSION } from './pipeline-stack';
import { Region } from './region';
import { run } from './states';

const FORMER = '1.0.0';

/** What the policies of a template delete together. */
function deleted(template: Template, images: readonly KeptImage[]): string[] {
  const policies = Object.values(resourcesOf(template, 'AWS::ImageBuilder::LifecyclePolicy'));
  return [...new Set(policies.flatMap(({ Properties }) => deletedBy(Properties, images)))].sort();
}

const kept = (lifecycle?: ImageLifecycle): Template => piped(() => ({ lifecycle })).template;

/** An image as Image Builder makes it: with the tags of its distribution. */
function image(id: string, ageInDays: number, given: Partial<KeptImage> = {}): KeptImage {
  const version = given.version ?? VERSION;
  return { id, recipe: NAME, ageInDays, ...given, version, amiTags: { [RECIPE_VERSION_TAG]: version, ...given.amiTags } };
}

const deregistersElsewhere = (template: Template): Promise<boolean> =>
  isAllowed({
    principal: `arn:aws:iam::${ACCOUNT}:role/lifecycle`,
    action: 'ec2:DeregisterImage',
    resource: 'arn:aws:ec2:eu-west-1::image/ami-1',
    context: { 'aws:ResourceTag/CreatedBy': 'EC2 Image Builder' },
    policies: policiesOfRole(template, 'LifecycleRole'),
  });

describe('ImageLifecycle.keep', () => {
  test('KeptImagesOptions.age left out: images are deleted after 90 days', () => {
    const images = [image('a', 1), image('b', 2), image('c', 3), image('young', 90), image('old', 91)];
    expect(deleted(kept(), images)).toEqual(['old']);
  });

  test('KeptImagesOptions.newest left out: three of the current version stay, however old', () => {
    const images = [100, 200, 300, 400, 500].map((age) => image(`ami-${age}`, age));
    expect(deleted(kept(), images)).toEqual(['ami-400', 'ami-500']);
  });

  test('KeptImagesOptions.lastLaunched left out: what was launched in the last 30 days stays', () => {
    const former = { version: FORMER };
    const images = [
      image('used', 200, { ...former, lastLaunchedDaysAgo: 30 }),
      image('unused', 200, { ...former, lastLaunchedDaysAgo: 31 }),
    ];
    expect(deleted(kept(), images)).toEqual(['unused']);
  });

  test('KeptImagesOptions.sharedWith left out: it does not matter who may start an image', () => {
    expect(deleted(kept(), [image('shared', 200, { version: FORMER, sharedWith: ['222233334444'] })])).toEqual(['shared']);
  });

  test('what accounts may start that are named stays', () => {
    const template = kept(ImageLifecycle.keep({ sharedWith: ['222233334444'] }));
    const images = ['222233334444', '333344445555'].map((account) => image(account, 200, { version: FORMER, sharedWith: [account] }));
    expect(deleted(template, images)).toEqual(['333344445555']);
  });

  const distributed = (regions?: string[]) =>
    piped(() => ({ distribution: [ImageDistribution.region('eu-west-1')], lifecycle: ImageLifecycle.keep({ regions }) })).template;
  const elsewhere = { version: FORMER, region: 'eu-west-1' };

  test("KeptImagesOptions.regions left out: only AMIs of the stack's region are deleted", async () => {
    const images = [image('here', 200, { version: FORMER, region: REGION }), image('there', 200, elsewhere)];
    expect(deleted(distributed(), images)).toEqual(['here']);
    expect(await deregistersElsewhere(distributed())).toBe(false);
  });

  test('AMIs of regions that are named are deleted too', async () => {
    expect(deleted(distributed(['eu-west-1']), [image('there', 200, elsewhere)])).toEqual(['there']);
    expect(await deregistersElsewhere(distributed(['eu-west-1']))).toBe(true);
  });

  test('none of a former version stays for being among the newest', () => {
    const images = [image('current', 200), image('former', 200, { version: FORMER }), image('older', 300, { version: '1.0.1' })];
    expect(deleted(kept(), images)).toEqual(['former', 'older']);
  });

  test('the age and the number can be chosen', () => {
    const template = kept(ImageLifecycle.keep({ age: Duration.days(10), newest: 1, lastLaunched: Duration.days(5) }));
    const images = [image('new', 20), image('old', 30), image('used', 40, { lastLaunchedDaysAgo: 5 })];
    expect(deleted(template, images)).toEqual(['old']);
  });

  test('what failed goes, and counts for nothing', () => {
    const images = [image('failed', 1, { status: 'FAILED', amiTags: {} }), image('building', 200, { status: 'BUILDING' })];
    expect(deleted(kept(), [...images, image('a', 200), image('b', 201), image('c', 202)])).toEqual(['failed']);
  });

  test('images of another recipe are none of its business', () => {
    expect(deleted(kept(), [{ ...image('other', 900), recipe: 'another' }])).toEqual([]);
  });

  test('what is in use stays, of whatever version and age', () => {
    const inUse = { amiTags: { [IN_USE_TAG]: 'true' } };
    const images = [image('ami-1', 900, { version: FORMER, ...inUse }), image('ami-2', 900, { version: FORMER })];
    expect(deleted(kept(), images)).toEqual(['ami-2']);
  });

  test('AMIs go with their snapshots', () => {
    for (const { Properties } of Object.values(resourcesOf(kept(), 'AWS::ImageBuilder::LifecyclePolicy'))) {
      expect(Properties.PolicyDetails[0].Action).toEqual({ Type: 'DELETE', IncludeResources: { Amis: true, Snapshots: true } });
    }
  });

  test('each AMI is tagged with the version of its recipe, in each region', () => {
    const { template } = piped(() => ({ distribution: [ImageDistribution.region('eu-west-1')] }));
    const [{ Properties }] = Object.values(resourcesOf(template, 'AWS::ImageBuilder::DistributionConfiguration'));
    for (const { AmiDistributionConfiguration } of Properties.Distributions) {
      expect(AmiDistributionConfiguration.AmiTags).toMatchObject({ [RECIPE_VERSION_TAG]: VERSION });
    }
  });

  test('ages and numbers that Image Builder does not take are refused', () => {
    const refused = refusalOf(() => ({
      lifecycle: ImageLifecycle.keep({ age: Duration.hours(12), newest: 11, lastLaunched: Duration.days(366), sharedWith: ['me'] }),
    }));
    expect(refused).toContain('lifecycle.age: got 0.5 days; Image Builder takes whole days, from 1 to 1000');
    expect(refused).toContain('lifecycle.lastLaunched: got 366 days; Image Builder takes whole days, from 1 to 365');
    expect(refused).toContain('lifecycle.newest: got 11; Image Builder keeps 1 to 10 images, whatever their age');
    expect(refused).toContain('lifecycle.sharedWith: got "me"; give the twelve digits of an account');
  });
});

describe('ImageLifecycle.never', () => {
  test('there is no policy, and no role that could delete', () => {
    const template = kept(ImageLifecycle.never());
    expect(resourcesOf(template, 'AWS::ImageBuilder::LifecyclePolicy')).toEqual({});
    expect(JSON.stringify(template.toJSON())).not.toContain('imagebuilder:DeleteImage');
  });
});

describe('promotions and the policies together', () => {
  test('no image is deleted while a version of a launch template names it', () => {
    const { template } = piped((stack) => ({
      promotion: ImagePromotion.automatic({ keep: 3, launchTemplates: [new ec2.LaunchTemplate(stack, 'Template')] }),
    }));
    const region = new Region();
    const [id] = Object.keys(resourcesOf(template, 'AWS::EC2::LaunchTemplate'));
    region.templates[id] = [{ VersionNumber: 1, DefaultVersion: true, LaunchTemplateData: {} }];
    const definition = definitionOf(template, 'Promotion');
    const gone: string[] = [];
    for (let build = 1; build <= 12; build++) {
      const made = `ami-${build}`;
      region.image(made);
      region.parameters[CANDIDATE] = [made];
      run(definition, build % 4 === 0 ? { imageId: `ami-${build - 2}` } : {}, region.service);
      // every image but the newest is old enough, and nobody started any
      const images = Object.entries(region.images).map(([ami, { tags }]) =>
        image(ami, ami === made ? 0 : 400, { version: ami === made ? VERSION : FORMER, amiTags: tags }),
      );
      const removed = deleted(template, images);
      const named = region.named(id);
      expect(removed.filter((ami) => named.includes(ami))).toEqual([]);
      for (const ami of removed) delete region.images[ami];
      gone.push(...removed);
    }
    expect(gone.length).toBeGreaterThan(5);
  });
});

describe('the role of the policies', () => {
  const policies = policiesOfRole(kept(), 'LifecycleRole');
  const allowed = (action: string, resource: string, context: { [key: string]: string } = {}) =>
    isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/lifecycle`, action, resource, context, policies });
  const made = { 'aws:ResourceTag/CreatedBy': 'EC2 Image Builder' };
  const ami = `arn:aws:ec2:${REGION}::image/ami-1`;

  test('deregisters images of Image Builder', async () => {
    expect(await allowed('ec2:DeregisterImage', ami, made)).toBe(true);
    expect(await allowed('ec2:DeregisterImage', ami)).toBe(false);
    expect(await allowed('ec2:DeregisterImage', 'arn:aws:ec2:us-east-1::image/ami-1', made)).toBe(false);
  });

  test('cannot deregister an image in use, even if a policy asked for it', async () => {
    expect(await allowed('ec2:DeregisterImage', ami, { ...made, [`aws:ResourceTag/${IN_USE_TAG}`]: 'true' })).toBe(false);
  });

  test('deletes snapshots of Image Builder, and images of this pipeline', async () => {
    expect(await allowed('ec2:DeleteSnapshot', `arn:aws:ec2:${REGION}::snapshot/snap-1`, made)).toBe(true);
    expect(await allowed('ec2:DeleteSnapshot', `arn:aws:ec2:${REGION}::snapshot/snap-1`)).toBe(false);
    const built = (name: string) => `arn:aws:imagebuilder:${REGION}:${ACCOUNT}:image/${name}/1.0.0/1`;
    expect(await allowed('imagebuilder:DeleteImage', built(NAME))).toBe(true);
    expect(await allowed('imagebuilder:DeleteImage', built('another'))).toBe(false);
  });

  test('cannot say what is in use', async () => {
    expect(await allowed('ec2:DeleteTags', ami, made)).toBe(false);
  });
});
