import { RemovalPolicy } from 'aws-cdk-lib';
import { EventField } from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, type IDependable } from 'constructs';
import { BuildAfterDeploy } from './build-after-deploy';
import { BuildLogGroups } from './build-logs';
import { makeBuilderNetwork } from './builder-network';
import { makeBuilderRole } from './builder-role';
import { withDefaults } from './defaults';
import { makeDistribution, regionsOf } from './distribution';
import { makeExecutionRole } from './execution-role';
import { FailureReport } from './failure-report';
import { ImageArns } from './image-arns';
import { imageBecomes } from './image-events';
import { DATA_TAG } from './image-tags';
import { makeInfrastructure } from './infrastructure';
import { LeftVolumes } from './left-volumes';
import { Lifecycle } from './lifecycle';
import type { PipelineParts } from './pipeline-config';
import { candidateParameterOf, promotedParameterOf } from './promotion-config';
import { PromotionMachine } from './promotion-machine';
import { ScanGate } from './scan-gate';

/** Builds a recipe's images, and says what becomes of them. */
export class ImagePipeline extends Construct {
  public readonly pipeline: imagebuilder.CfnImagePipeline;
  public readonly pipelineArn: string;
  /** Where the deployment waits for an image. */
  public readonly image?: imagebuilder.CfnImage;
  /** Of the machines that images are made on. */
  public readonly builderRole: iam.Role;
  /** Of Image Builder. */
  public readonly executionRole: iam.Role;
  public readonly candidateParameterName: string;
  public readonly promotedParameterName: string;
  public readonly promotion: sfn.StateMachine;
  public readonly logGroup: logs.LogGroup;
  /** What the data volumes of machines have to be tagged with for them to be backed up. */
  public readonly dataVolumeTag: { readonly key: string; readonly value: string };

  private readonly arns: ImageArns;

  constructor(scope: Construct, id: string, { name, recipe, architecture, choices, dataVolume, baseKey }: PipelineParts) {
    super(scope, id);
    const { builder, builds, scan, distribution, promotion, lifecycle, volumes, notifications } = withDefaults(choices);
    const { permissionsBoundary } = builder;
    const recipeVersion = recipe.version as string;
    this.arns = new ImageArns(this, name);
    this.pipelineArn = this.arns.pipeline;
    this.candidateParameterName = candidateParameterOf(name);
    this.promotedParameterName = promotedParameterOf(name);
    this.dataVolumeTag = { key: DATA_TAG, value: name };

    const groups = new BuildLogGroups(this, name, builder.logs);
    this.logGroup = groups.image;
    const network = makeBuilderNetwork(this, builder);
    this.builderRole = makeBuilderRole(this, name, builder, groups);
    const told = notifications._bind(this);
    const topicArn = told?.everything ? told.topic.topicArn : undefined;
    const infrastructure = makeInfrastructure(this, { name, architecture, builder, network, role: this.builderRole, topicArn });

    const places = distribution.map((place) => place._bind());
    const regions = regionsOf(this, places);
    const { candidateParameterName } = this;
    const image = { name, recipeVersion, candidateParameterName, volumeKey: volumes.key };
    const { scanning, limits } = scan._bind();
    const gate = limits && new ScanGate(this, 'Gate', name, this.arns, limits);
    const keys = [baseKey, volumes.key, ...regions.map(({ options }) => options.key)];
    this.executionRole = makeExecutionRole(this, {
      name,
      builderRole: this.builderRole,
      network,
      groups,
      regions,
      candidateParameterName,
      parentImage: recipe.parentImage as string,
      keyArns: [...new Set(keys.flatMap((key) => (key ? [key.keyArn] : [])))],
      scanning,
      gate: gate?.machine,
      topicArn,
      permissionsBoundary,
    });
    const settings = {
      imageRecipeArn: recipe.attrArn,
      infrastructureConfigurationArn: infrastructure.attrArn,
      distributionConfigurationArn: makeDistribution(this, regions, image).attrArn,
      executionRole: this.executionRole.roleArn,
      enhancedImageMetadataEnabled: true,
      imageScanningConfiguration: { imageScanningEnabled: scanning },
      imageTestsConfiguration: { imageTestsEnabled: true },
      workflows: this.workflows(gate),
    };
    const when = builds.map((build) => build._bind());
    const { schedule } = when.find((config) => config.schedule) ?? {};
    this.pipeline = new imagebuilder.CfnImagePipeline(this, 'Resource', { name, status: 'ENABLED', schedule, ...settings });
    const afterDeploy = when.some((config) => config.afterDeploy)
      ? new BuildAfterDeploy(this, 'AfterDeploy', { name, recipeVersion, candidateParameterName, arns: this.arns })
      : undefined;
    if (afterDeploy) this.pipeline.node.addDependency(afterDeploy);

    const { promotedParameterName } = this;
    const parameters = { name, candidateParameterName, promotedParameterName, imagePrefix: this.arns.prefix };
    const available = { pattern: imageBecomes(this.arns, 'AVAILABLE'), input: { images: EventField.fromPath('$.resources') } };
    const promoting = new PromotionMachine(this, 'Promotion', parameters, promotion._bind(), available);
    this.promotion = promoting.machine;
    if (when.some(({ duringDeploy }) => duringDeploy)) this.image = this.buildNow(settings, network.connected, promoting);
    const kept = lifecycle._bind();
    const names = regions.map(({ region }) => region);
    if (kept) new Lifecycle(this, 'Lifecycle', { name, recipeVersion, arns: this.arns, regions: names, permissionsBoundary }, kept);
    const left = dataVolume ? new LeftVolumes(this, 'LeftVolumes', name, this.arns) : undefined;
    const machines = [afterDeploy, promoting, left].flatMap((part) => part?.machine ?? []);
    if (told) new FailureReport(this, 'Failures', { name, arns: this.arns, logGroup: groups.image, topic: told.topic, machines });
    if (dataVolume) volumes.backup._bind(this, name);
  }

  /** AWS's own for building and testing have to be named, once one is; they run in this order. */
  private workflows(gate?: ScanGate): imagebuilder.CfnImagePipeline.WorkflowConfigurationProperty[] {
    const tests = [this.arns.workflow('test', 'test-image'), ...(gate ? [gate.workflowArn] : [])];
    return [
      { workflowArn: this.arns.workflow('build', 'build-image') },
      ...tests.map((workflowArn) => ({ workflowArn, onFailure: 'ABORT' })),
    ];
  }

  private buildNow(settings: imagebuilder.CfnImageProps, ...before: IDependable[]): imagebuilder.CfnImage {
    const image = new imagebuilder.CfnImage(this, 'Image', settings);
    // a rollback that removed it would remove what is in use
    image.applyRemovalPolicy(RemovalPolicy.RETAIN);
    // what the build needs that the image does not refer to: the way out, what components may fetch, and who promotes it
    image.node.addDependency(this.builderRole, ...before);
    return image;
  }
}
