import { NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { BuildCondition, ImageBuilds } from '../../src';
import { BuildAfterDeploy } from '../../src/ami/private/pipeline/build-after-deploy';
import { ImageArns } from '../../src/ami/private/pipeline/image-arns';
import { RECIPE_VERSION_TAG } from '../../src/ami/private/pipeline/image-tags';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { CANDIDATE, definitionOf, deployed, NAME, only, piped, policiesOfRole, refusalOf, stackIn, VERSION } from './pipeline-stack';
import { run } from './states';

const built = (...builds: ImageBuilds[]) => piped(() => (builds.length > 0 ? { builds } : {})).template;
const pipelineOf = (template: Template) => only(template, 'AWS::ImageBuilder::ImagePipeline').Properties;
const PIPELINE = `arn:aws:imagebuilder:${REGION}:${ACCOUNT}:image-pipeline/${NAME}`;
const IMAGE_VERSION = `arn:aws:imagebuilder:${REGION}:${ACCOUNT}:image/${NAME}/${VERSION}`;

describe('by default', () => {
  test('images are built after deployments, and once a week', () => {
    const template = built();
    only(template, 'AWS::StepFunctions::StateMachine', 'AfterDeploy');
    expect(pipelineOf(template).Schedule.ScheduleExpression).toBe('cron(0 4 ? * SUN *)');
  });

  test('no deployment waits for an image', () => {
    expect(resourcesOf(built(), 'AWS::ImageBuilder::Image')).toEqual({});
  });
});

describe('ImageBuilds.afterDeploy', () => {
  const template = built(ImageBuilds.afterDeploy());
  const definition = definitionOf(template, 'AfterDeploy');

  interface Made {
    /** The version of the recipe that the candidate is of; none before the first image. */
    readonly candidateOf?: string;
    /** What became of the builds of this version. */
    readonly builds?: readonly string[];
  }

  /** Whether the pipeline is started. */
  function started({ candidateOf, builds = [] }: Made): boolean {
    let is = false;
    const answers: { readonly [name: string]: (parameters: { [name: string]: never }) => object } = {
      'ssm:getParameter': ({ Name }) => {
        expect(Name).toBe(CANDIDATE);
        if (!candidateOf) throw new Error('ParameterNotFound');
        return { Parameter: { Value: 'ami-1' } };
      },
      'ec2:describeImages': (parameters) => {
        const { ImageIds, Filters } = parameters as unknown as { ImageIds: string[]; Filters: { Name: string; Values: string[] }[] };
        expect([ImageIds, Filters[0].Name]).toEqual([['ami-1'], `tag:${RECIPE_VERSION_TAG}`]);
        if (candidateOf === 'gone') throw new Error('InvalidAMIID.NotFound');
        return { Images: Filters[0].Values.includes(candidateOf ?? '') ? [{ ImageId: 'ami-1' }] : [] };
      },
      'imagebuilder:listImageBuildVersions': (parameters) => {
        expect(parameters).toEqual({ ImageVersionArn: IMAGE_VERSION });
        return { ImageSummaryList: builds.map((Status) => ({ State: { Status } })) };
      },
      'imagebuilder:startImagePipelineExecution': ({ ImagePipelineArn }) => {
        expect(ImagePipelineArn).toBe(PIPELINE);
        is = true;
        return {};
      },
    };
    run(definition, {}, (name, parameters) => answers[name](parameters));
    return is;
  }

  test('starts the pipeline when this version of the recipe was never built', () => {
    expect(started({})).toBe(true);
    expect(started({ candidateOf: '1.0.0' })).toBe(true);
  });

  test('starts nothing when it was', () => {
    expect(started({ candidateOf: VERSION, builds: ['AVAILABLE'] })).toBe(false);
  });

  test('starts the pipeline when a deployment goes back to a version that was built, and another after it', () => {
    expect(started({ candidateOf: '1.0.0', builds: ['AVAILABLE', 'AVAILABLE', 'DEPRECATED'] })).toBe(true);
  });

  test('starts the pipeline again when this version failed, or was cancelled', () => {
    for (const state of ['FAILED', 'CANCELLED']) {
      expect(started({ builds: [state] })).toBe(true);
      expect(started({ candidateOf: '1.0.0', builds: [state] })).toBe(true);
    }
  });

  test('starts nothing while this version is being built', () => {
    for (const state of ['PENDING', 'CREATING', 'BUILDING', 'TESTING', 'DISTRIBUTING', 'INTEGRATING']) {
      expect(started({ candidateOf: '1.0.0', builds: ['FAILED', state] })).toBe(false);
    }
  });

  test('starts the pipeline when the newest image is there no longer', () => {
    expect(started({ candidateOf: 'gone', builds: ['AVAILABLE'] })).toBe(true);
  });

  test('it is this very stack whose deployments count, and only those that end well', () => {
    const pattern = deployed(template, only(template, 'AWS::Events::Rule', 'AfterDeploy').Properties.EventPattern);
    expect(pattern).toEqual({
      source: ['aws.cloudformation'],
      'detail-type': ['CloudFormation Stack Status Change'],
      detail: {
        'stack-id': [`arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/Stack/1`],
        'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] },
      },
    });
  });

  test('in a nested stack the outermost one counts', () => {
    const stack = stackIn();
    const nested = new NestedStack(stack, 'Nested');
    const arns = new ImageArns(nested, NAME);
    new BuildAfterDeploy(nested, 'AfterDeploy', { name: NAME, recipeVersion: VERSION, candidateParameterName: CANDIDATE, arns });
    const rule = only(Template.fromStack(nested), 'AWS::Events::Rule').Properties;
    expect(rule.EventPattern.detail['stack-id'][0].Ref).toMatch(/^referencetoStack/);
    expect(JSON.stringify(Template.fromStack(Stack.of(stack)).toJSON())).toContain('"Ref":"AWS::StackId"');
  });

  test('the rule is there before the pipeline, so that the first deployment is seen', () => {
    const { DependsOn } = only(template, 'AWS::ImageBuilder::ImagePipeline');
    expect(DependsOn).toContain(only(template, 'AWS::Events::Rule', 'AfterDeploy').id);
  });

  test('its role starts this pipeline, and no other', async () => {
    const policies = policiesOfRole(template, 'AfterDeployRole');
    const allowed = (action: string, resource: string) =>
      isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/after`, action, resource, policies });
    expect(await allowed('imagebuilder:StartImagePipelineExecution', PIPELINE)).toBe(true);
    expect(await allowed('imagebuilder:StartImagePipelineExecution', `${PIPELINE}-other`)).toBe(false);
    expect(await allowed('imagebuilder:ListImageBuildVersions', `${IMAGE_VERSION}/*`)).toBe(true);
    const parameter = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;
    expect(await allowed('ssm:GetParameter', parameter(CANDIDATE))).toBe(true);
    expect(await allowed('ssm:GetParameter', parameter('/other'))).toBe(false);
    expect(await allowed('ec2:DescribeImages', '*')).toBe(true);
    expect(await allowed('imagebuilder:DeleteImage', `${IMAGE_VERSION}/1`)).toBe(false);
  });

  test('nothing of it is a resource that runs code', () => {
    const types = new Set(Object.values(template.toJSON().Resources as { [id: string]: { Type: string } }).map(({ Type }) => Type));
    expect([...types].filter((type) => type === 'AWS::Lambda::Function' || type.startsWith('Custom::'))).toEqual([]);
  });
});

describe('ImageBuilds.duringDeploy', () => {
  const template = built(ImageBuilds.duringDeploy());
  const image = only(template, 'AWS::ImageBuilder::Image');

  test('the deployment waits for an image that is made as the pipeline makes them', () => {
    const { Name, Status, Schedule: _, ...settings } = pipelineOf(template);
    expect([Name, Status]).toEqual([NAME, 'ENABLED']);
    expect(image.Properties).toEqual(settings);
  });

  test('nothing ever removes the image: no rollback, no replacement, no deletion', () => {
    expect([image.DeletionPolicy, image.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(image.Properties.DeletionSettings).toBeUndefined();
  });

  test('it waits for the way out, for what the builder may do, and for who promotes it', () => {
    expect(image.DependsOn?.some((id) => id.includes('DefaultRoute'))).toBe(true);
    expect(image.DependsOn).toContain(only(template, 'AWS::IAM::Role', 'BuilderRole').id);
    expect(image.DependsOn).toContain(only(template, 'AWS::Events::Rule', 'Candidate').id);
  });

  test('a build on demand has none', () => {
    expect(resourcesOf(built(ImageBuilds.onDemand()), 'AWS::ImageBuilder::Image')).toEqual({});
  });
});

describe('ImageBuilds.onSchedule', () => {
  const scheduleOf = (builds: ImageBuilds) => pipelineOf(built(builds)).Schedule;

  test('ScheduledBuildsOptions.schedule left out: on Sundays at 4', () => {
    expect(scheduleOf(ImageBuilds.onSchedule()).ScheduleExpression).toBe('cron(0 4 ? * SUN *)');
  });

  test('ScheduledBuildsOptions.startCondition left out: only when there is something new', () => {
    expect(scheduleOf(ImageBuilds.onSchedule()).PipelineExecutionStartCondition).toBe('EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE');
  });

  test('ScheduledBuildsOptions.disableAfterFailures left out: after three failures the pipeline is disabled', () => {
    expect(scheduleOf(ImageBuilds.onSchedule()).AutoDisablePolicy).toEqual({ FailureCount: 3 });
  });

  test('all of it can be chosen', () => {
    const schedule = Schedule.cron({ minute: '0', hour: '5' });
    const options = { schedule, startCondition: BuildCondition.ALWAYS, disableAfterFailures: 1 };
    expect(scheduleOf(ImageBuilds.onSchedule(options))).toEqual({
      ScheduleExpression: 'cron(0 5 * * ? *)',
      PipelineExecutionStartCondition: 'EXPRESSION_MATCH_ONLY',
      AutoDisablePolicy: { FailureCount: 1 },
    });
  });

  test('a number of failures that Image Builder does not take is refused', () => {
    for (const disableAfterFailures of [0, 11, 1.5]) {
      const message = refusalOf(() => ({ builds: [ImageBuilds.onSchedule({ disableAfterFailures })] }));
      expect(message).toContain(`builds.disableAfterFailures: got ${disableAfterFailures}; Image Builder takes whole numbers from 1 to 10`);
    }
  });
});

describe('ImageBuilds.onDemand', () => {
  test('nothing starts the pipeline', () => {
    const template = built(ImageBuilds.onDemand());
    expect(pipelineOf(template).Schedule).toBeUndefined();
    expect(JSON.stringify(template.toJSON())).not.toContain('imagebuilder:StartImagePipelineExecution');
  });
});

describe('builds are refused', () => {
  const refused = (...builds: ImageBuilds[]) => refusalOf(() => ({ builds }));

  test('when none is given', () => {
    expect(refused()).toContain('builds: got an empty list; give ImageBuilds.onDemand() if nothing is to start a build by itself');
  });

  test('with two schedules', () => {
    expect(refused(ImageBuilds.onSchedule(), ImageBuilds.onSchedule())).toContain(
      'builds: got two schedules, of which a pipeline has one; give one, whose expression names all times',
    );
  });

  test('on demand only, and by themselves', () => {
    expect(refused(ImageBuilds.onDemand(), ImageBuilds.afterDeploy())).toContain(
      'builds: got ImageBuilds.onDemand() beside others, which start builds by themselves; leave it out',
    );
  });

  test('during a deployment and after it', () => {
    expect(refused(ImageBuilds.duringDeploy(), ImageBuilds.afterDeploy())).toContain(
      'builds: got a build during and one after the deployment, of the same image; give one of them',
    );
  });
});
