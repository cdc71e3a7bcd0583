import { Names } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Problems } from '../validation/problems';
import type { AtlantisAmiProps } from './atlantis-ami-props';
import type { IGoldenImage } from './golden-image';
import { ImageBase } from './image-base';
import { ImageOs } from './image-os';
import { billOfMaterials } from './private/bill-of-materials';
import { checkComponents, checkLevels, checkPrograms } from './private/check-image';
import { bindComponents, makeRecipe } from './private/image-parts';
import type { LevelConfig } from './private/level-config';
import { blockDeviceMappings } from './private/pipeline/block-devices';
import { checkPipeline } from './private/pipeline/check-pipeline';
import { ImagePipeline } from './private/pipeline/image-pipeline';
import type { VolumeTag } from './volume-tag';

/**
 * A golden image that EC2 Image Builder builds, tests and distributes, with Atlantis or with levels of your own.
 *
 * Deploying does not wait for an image unless asked. An image that passed its tests is the candidate, and once it is promoted the one that
 * `machineImage` gives.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/what-is-image-builder.html
 */
export class AtlantisAmi extends Construct implements IGoldenImage {
  /** What the image is of. */
  public readonly os: ImageOs;

  /** The image's architecture. */
  public readonly architecture: ec2.InstanceArchitecture;

  /** The name of the image's root device. */
  public readonly rootDeviceName: string;

  /** Whether machines of the image have a data volume, of a level or of the golden image that it is built on. */
  public readonly dataVolume?: boolean;

  /** What encrypts the image, if it is a key of your own or of the golden image that it is built on. */
  public readonly encryptionKey?: IKey;

  /** The parameter of Systems Manager with the id of the newest image that passed its tests. */
  public readonly candidateParameterName: string;

  /** The parameter of Systems Manager with the id of the image that is in use. */
  public readonly promotedParameterName: string;

  /** The image in use, as a machine is started from it: its id is looked up when a stack that uses it is deployed. */
  public readonly machineImage: ec2.IMachineImage;

  /** The role of the machine that images are made on. Allow it to read what your own components fetch. */
  public readonly builderRole: iam.Role;

  /** What recipe, pipeline, images and their logs are called. */
  public readonly imageName: string;

  /** The pipeline. */
  public readonly pipeline: imagebuilder.IImagePipelineRef;

  /** Promotes the candidate, or the image that its input `{"imageId": "ami-..."}` names, which is also the way back to an older one. */
  public readonly promotion: sfn.StateMachine;

  /** The tag by which the backup finds a data volume. Whoever starts machines puts it on their volumes. */
  public readonly dataVolumeTag: VolumeTag;

  private readonly levels: readonly LevelConfig[];

  /**
   * Declares the components, their recipe, the pipeline and all that becomes of its images.
   *
   * Throws, with every problem that was found, where a value cannot be built, tested or distributed.
   */
  constructor(scope: Construct, id: string, props: AtlantisAmiProps) {
    super(scope, id);
    const base = props.base ?? ImageBase.latest(ImageOs.AMAZON_LINUX_2023);
    const context = { os: base.os, architecture: base.architecture };
    const name = Names.uniqueResourceName(this, { maxLength: 90, separator: '-' }).toLowerCase();

    const problems = new Problems();
    base._validate(this, problems);
    checkLevels(this, props.levels, problems);
    props.levels.forEach((level, i) => {
      level._validate(this, context, `levels[${i}]`, problems);
    });
    checkPipeline(this, props, base.architecture, problems);
    problems.throwIfAny();

    this.levels = props.levels.map((level) => level._bind(this, context));
    const groups = [
      ...this.levels.map(({ components }, i) => ({ name: props.levels[i].name, components })),
      { name: 'last', components: [billOfMaterials(name, props.sbomBucket), ...(props.tests ?? [])] },
    ];
    checkPrograms(this, this.levels, problems);
    checkComponents(this, groups, problems);
    problems.throwIfAny();

    const { dataVolume: inheritsVolume, encryptionKey: baseKey, ...baseConfig } = base._bind();
    const components = bindComponents(this, groups);
    const volumes = this.levels.flatMap(({ dataVolume }) => dataVolume ?? []);
    const mappings = blockDeviceMappings(props, baseConfig.rootDeviceName, volumes);
    const recipe = makeRecipe(this, { name, base: baseConfig, components, blockDeviceMappings: mappings });
    const { architecture } = context;
    this.dataVolume = volumes.length > 0 || inheritsVolume === true;
    // without a key of its own, volumes that are made from the base's snapshots keep theirs
    this.encryptionKey = props.volumes?.key ?? baseKey;
    const pipeline = new ImagePipeline(this, 'Pipeline', {
      name,
      recipe,
      architecture,
      choices: props,
      dataVolume: this.dataVolume,
      baseKey,
    });
    for (const { grantBuild } of components) grantBuild?.(pipeline.builderRole);
    props.sbomBucket?.grantPut(pipeline.builderRole, `${name}/*`);

    this.imageName = name;
    this.os = base.os;
    this.architecture = base.architecture;
    this.rootDeviceName = baseConfig.rootDeviceName;
    this.builderRole = pipeline.builderRole;
    this.pipeline = pipeline.pipeline;
    this.promotion = pipeline.promotion;
    this.dataVolumeTag = pipeline.dataVolumeTag;
    this.candidateParameterName = pipeline.candidateParameterName;
    this.promotedParameterName = pipeline.promotedParameterName;
    this.machineImage = ec2.MachineImage.fromSsmParameter(this.promotedParameterName, { os: ec2.OperatingSystemType.LINUX });
  }

  /**
   * Allows the role of machines that are started from the image what its levels need when they run, such as reading Atlantis's secrets and
   * assuming its target roles.
   */
  public grantRun(grantee: iam.IGrantable): iam.Grant {
    const grants = this.levels.flatMap(({ grantRun }) => grantRun?.(grantee) ?? []);
    return grants.reduce((all, grant) => all.combine(grant), iam.Grant.drop(grantee, 'the levels need nothing'));
  }
}
