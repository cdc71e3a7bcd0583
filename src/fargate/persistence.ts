import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { SERVER_GID, SERVER_UID } from './private/container';
import type { PersistenceConfig, PersistenceContext } from './private/persistence-config';

/** Where locks, plans and clones live, and so what outlives a task. */
export abstract class Persistence {
  /**
   * An Elastic File System: locks, plans and clones outlive the task. Encrypted at rest and in transit, reached with IAM authorization
   * through an access point of the server's own user, elastic throughput, daily backups, files that nobody read for 30 days in
   * infrequent access. It is retained when the stack is deleted.
   *
   * One server may write at a time, so a deployment stops the old task before it starts the new one.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html
   */
  public static efs(): Persistence {
    return new Efs();
  }

  /**
   * The task's own storage: locks, plans and clones are lost with the task, and pull requests have to be planned again. For tests and
   * short-lived environments.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
   */
  public static ephemeral(): Persistence {
    return new Ephemeral();
  }

  /** @internal */
  public abstract _bind(scope: Construct, context: PersistenceContext): PersistenceConfig;
}

class Ephemeral extends Persistence {
  public _bind(_scope: Construct, { taskDefinition, volumeName }: PersistenceContext): PersistenceConfig {
    taskDefinition.addVolume({ name: volumeName });
    return { ownedByRoot: true };
  }
}

class Efs extends Persistence {
  public _bind(scope: Construct, { taskDefinition, volumeName, vpc, subnets, client }: PersistenceContext): PersistenceConfig {
    const securityGroup = new ec2.SecurityGroup(scope, 'FileSystemSecurityGroup', {
      vpc,
      description: 'Atlantis file system: NFS from the server only',
      allowAllOutbound: false,
    });
    const fileSystem = new efs.FileSystem(scope, 'FileSystem', {
      vpc,
      vpcSubnets: subnets,
      securityGroup,
      encrypted: true,
      fileSystemPolicy: onlyEncryptedAndAuthorized(),
      throughputMode: efs.ThroughputMode.ELASTIC,
      lifecyclePolicy: efs.LifecyclePolicy.AFTER_30_DAYS,
      enableAutomaticBackups: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    fileSystem.connections.allowDefaultPortFrom(client, 'NFS from the server');
    const owner = { uid: `${SERVER_UID}`, gid: `${SERVER_GID}` };
    const accessPoint = fileSystem.addAccessPoint('AccessPoint', {
      path: '/atlantis',
      posixUser: owner,
      createAcl: { ownerUid: owner.uid, ownerGid: owner.gid, permissions: '0750' },
    });
    taskDefinition.addVolume({
      name: volumeName,
      efsVolumeConfiguration: {
        fileSystemId: fileSystem.fileSystemId,
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: accessPoint.accessPointId, iam: 'ENABLED' },
      },
    });
    grantMount(taskDefinition, fileSystem, accessPoint);
    return { ownedByRoot: false, fileSystem, accessPoint, ready: fileSystem.mountTargetsAvailable };
  }
}

/** A file system without a policy lets every client in its network in; with this one a client needs a permission of its own, and TLS. */
function onlyEncryptedAndAuthorized(): iam.PolicyDocument {
  return new iam.PolicyDocument({
    statements: [
      new iam.PolicyStatement({
        sid: 'RefuseUnencryptedClients',
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite', 'elasticfilesystem:ClientRootAccess'],
        // in a file system's policy this is the file system itself
        resources: ['*'],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    ],
  });
}

function grantMount(taskDefinition: ecs.TaskDefinition, fileSystem: efs.FileSystem, accessPoint: efs.AccessPoint): void {
  taskDefinition.addToTaskRolePolicy(
    new iam.PolicyStatement({
      sid: 'MountOwnAccessPoint',
      actions: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
      resources: [fileSystem.fileSystemArn],
      conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
    }),
  );
}
