package compared;

import io.github.cdkatlantis.AssetComponentOptions;
import io.github.cdkatlantis.AtlantisAmi;
import io.github.cdkatlantis.AtlantisLevelOptions;
import io.github.cdkatlantis.AtlantisVersion;
import io.github.cdkatlantis.BuildCondition;
import io.github.cdkatlantis.BuildLogs;
import io.github.cdkatlantis.BuilderOptions;
import io.github.cdkatlantis.CommonLevelOptions;
import io.github.cdkatlantis.ComponentDocument;
import io.github.cdkatlantis.ComponentParameter;
import io.github.cdkatlantis.ComponentStep;
import io.github.cdkatlantis.CreateFileProps;
import io.github.cdkatlantis.CreateFolderProps;
import io.github.cdkatlantis.DailyBackupOptions;
import io.github.cdkatlantis.DataVolume;
import io.github.cdkatlantis.DownloadProps;
import io.github.cdkatlantis.EbsDataVolumeOptions;
import io.github.cdkatlantis.GiteaProps;
import io.github.cdkatlantis.ImageBase;
import io.github.cdkatlantis.ImageBaseOptions;
import io.github.cdkatlantis.ImageBuilds;
import io.github.cdkatlantis.ImageComponent;
import io.github.cdkatlantis.ImageComponentOptions;
import io.github.cdkatlantis.ImageDistribution;
import io.github.cdkatlantis.ImageDistributionRole;
import io.github.cdkatlantis.ImageLevel;
import io.github.cdkatlantis.ImageLifecycle;
import io.github.cdkatlantis.ImageNotifications;
import io.github.cdkatlantis.ImageOs;
import io.github.cdkatlantis.ImagePromotion;
import io.github.cdkatlantis.ImageVolumes;
import io.github.cdkatlantis.KeptImagesOptions;
import io.github.cdkatlantis.ManagedComponentOptions;
import io.github.cdkatlantis.NotificationsOptions;
import io.github.cdkatlantis.OtherToolProps;
import io.github.cdkatlantis.PromotedImage;
import io.github.cdkatlantis.PromotionOptions;
import io.github.cdkatlantis.RegionOptions;
import io.github.cdkatlantis.RepoConfig;
import io.github.cdkatlantis.RuntimeLevelOptions;
import io.github.cdkatlantis.RuntimeTool;
import io.github.cdkatlantis.RuntimeToolOptions;
import io.github.cdkatlantis.S3DownloadProps;
import io.github.cdkatlantis.S3UploadProps;
import io.github.cdkatlantis.ScanGateOptions;
import io.github.cdkatlantis.ScheduledBuildsOptions;
import io.github.cdkatlantis.ServerSettings;
import io.github.cdkatlantis.ServerTls;
import io.github.cdkatlantis.SsmAgentRelease;
import io.github.cdkatlantis.StartCommandOptions;
import io.github.cdkatlantis.StartSecret;
import io.github.cdkatlantis.StepFailure;
import io.github.cdkatlantis.StepOptions;
import io.github.cdkatlantis.TargetRole;
import io.github.cdkatlantis.TcpKeepalive;
import io.github.cdkatlantis.TcpKeepaliveProps;
import io.github.cdkatlantis.VcsProvider;
import io.github.cdkatlantis.VolumeBackup;
import io.github.cdkatlantis.VulnerabilityScan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Size;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.backup.BackupVault;
import software.amazon.awscdk.services.ec2.IVpc;
import software.amazon.awscdk.services.ec2.InstanceArchitecture;
import software.amazon.awscdk.services.ec2.InstanceType;
import software.amazon.awscdk.services.ec2.LaunchTemplate;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ec2.VpcAttributes;
import software.amazon.awscdk.services.events.CronOptions;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.iam.ManagedPolicy;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.ISecret;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.sns.Topic;
import software.amazon.awscdk.services.ssm.IStringParameter;
import software.amazon.awscdk.services.ssm.SecureStringParameterAttributes;
import software.amazon.awscdk.services.ssm.StringParameter;

/** The stacks of the images. */
final class Amis {
    private static final String DOCUMENT = "component.yaml";
    private static final String SHA256 = "a".repeat(64);
    private static final String ABROAD = "arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-1111-1111-111111111111";

    private final App app;

    Amis(App app) {
        this.app = app;
    }

    void all() {
        defaults();
        everything();
        levelsApart();
        elsewhere();
    }

    private void defaults() {
        Stack stack = new Stack(app, "AmiDefaults");
        AtlantisAmi ami = AtlantisAmi.Builder.create(stack, "Ami")
            .levels(List.of(ImageLevel.common(), ImageLevel.atlantis()))
            .build();
        Role role = Role.Builder.create(stack, "Role").assumedBy(new ServicePrincipal("ec2.amazonaws.com")).build();
        ami.grantRun(role);
        LaunchTemplate.Builder.create(stack, "LaunchTemplate").machineImage(ami.getMachineImage()).role(role).build();
        ami.getPromotion().grantStartExecution(role);
    }

    private void everything() {
        Stack stack = in("AmiEverything", "111111111111", "eu-central-1");
        IVpc vpc = Vpc.fromVpcAttributes(stack, "Vpc", VpcAttributes.builder()
            .vpcId("vpc-0123456789abcdef0")
            .availabilityZones(List.of("eu-central-1a"))
            .privateSubnetIds(List.of("subnet-0123456789abcdef0"))
            .privateSubnetRouteTableIds(List.of("rtb-0123456789abcdef0"))
            .build());
        Key key = new Key(stack, "Key");
        ISecret credentials = secret(stack, "Gitea", "atlantis/gitea");
        ISecret webhookSecret = secret(stack, "Webhook", "atlantis/webhook");
        ISecret gitlab = secret(stack, "Gitlab", "atlantis/gitlab");
        IStringParameter password = StringParameter.fromSecureStringParameterAttributes(stack, "Password",
            SecureStringParameterAttributes.builder().parameterName("/atlantis/password").build());
        AtlantisAmi ami = AtlantisAmi.Builder.create(stack, "Ami")
            .base(ImageBase.latest(ImageOs.DEBIAN_12, ImageBaseOptions.builder()
                .architecture(InstanceArchitecture.X86_64)
                .ssmAgent(SsmAgentRelease.builder().version("3.3.2299.0").sha256(SHA256).build())
                .build()))
            .levels(List.of(
                ImageLevel.common(CommonLevelOptions.builder()
                    .tcpKeepalive(TcpKeepalive.of(TcpKeepaliveProps.builder()
                        .time(Duration.seconds(30))
                        .interval(Duration.seconds(5))
                        .probes(3)
                        .build()))
                    .openFilesOfMachine(2097152)
                    .openFilesOfProcess(131072)
                    .kernelSettings(Map.of("vm.swappiness", "1"))
                    .runUser("atlantis")
                    .runUserId(4242)
                    .packages(List.of("htop"))
                    .securityUpdates(false)
                    .journalSize(Size.gibibytes(2))
                    .build()),
                ImageLevel.runtime(RuntimeLevelOptions.builder()
                    .tools(List.of(
                        RuntimeTool.terraform("1.14.9", RuntimeToolOptions.builder().sha256(SHA256).build()),
                        RuntimeTool.openTofu("1.12.5"),
                        RuntimeTool.terragrunt("0.99.1"),
                        RuntimeTool.conftest("0.66.0"),
                        RuntimeTool.of("tflint", OtherToolProps.builder()
                            .version("0.60.0")
                            .url("https://example.com/tflint.zip")
                            .entry("tflint")
                            .sha256(SHA256)
                            .build())))
                    .build()),
                ImageLevel.atlantis(AtlantisLevelOptions.builder()
                    .version(AtlantisVersion.V0_47_1)
                    .sha256(SHA256)
                    .vcs(List.of(VcsProvider.gitea(GiteaProps.builder()
                        .user("atlantis")
                        .credentials(credentials)
                        .webhookSecret(webhookSecret)
                        .baseUrl("https://git.example.com")
                        .build())))
                    .repoAllowlist(List.of("git.example.com/acme/*"))
                    .url("https://atlantis.example.com")
                    .port(4242)
                    .settings(ServerSettings.builder().parallelPoolSize(3).build())
                    .repoConfig(RepoConfig.lockedDown())
                    .extraSettings(Map.of("checkout-depth", "10"))
                    .secrets(List.of(
                        StartSecret.secretsManager(gitlab, Map.of("token", "gitlab-token")),
                        StartSecret.parameter(password, "web-password"),
                        StartSecret.command(List.of("/usr/local/bin/atlantis-from-vault"),
                            StartCommandOptions.builder().flags(List.of("api-secret")).build())))
                    .targetRoles(List.of(TargetRole.builder()
                        .name("production")
                        .role(Role.fromRoleArn(stack, "Production", "arn:aws:iam::222222222222:role/terraform"))
                        .externalId("acme")
                        .isDefault(true)
                        .build()))
                    .dataVolume(DataVolume.ebs(EbsDataVolumeOptions.builder()
                        .size(Size.gibibytes(50))
                        .deviceName("/dev/sdg")
                        .build()))
                    .tls(ServerTls.fromSecret(secret(stack, "Certificate", "atlantis/certificate")))
                    .build())))
            .tests(List.of(ImageComponent.inline("smoke", ComponentDocument.builder()
                .testSteps(List.of(ComponentStep.bash("Ask", List.of("systemctl is-system-running"))))
                .build())))
            .builds(List.of(
                ImageBuilds.duringDeploy(),
                ImageBuilds.onSchedule(ScheduledBuildsOptions.builder()
                    .schedule(Schedule.cron(CronOptions.builder().minute("30").hour("2").build()))
                    .startCondition(BuildCondition.ALWAYS)
                    .disableAfterFailures(5)
                    .build())))
            .builder(BuilderOptions.builder()
                .vpc(vpc)
                .instanceTypes(List.of(new InstanceType("m7i.large")))
                .statements(List.of(PolicyStatement.Builder.create()
                    .actions(List.of("s3:GetObject"))
                    .resources(List.of("arn:aws:s3:::acme-releases/*"))
                    .build()))
                .terminateInstanceOnFailure(false)
                .tags(Map.of("team", "platform"))
                .logs(BuildLogs.builder()
                    .retention(RetentionDays.ONE_YEAR)
                    .removalPolicy(RemovalPolicy.RETAIN)
                    .bucket(new Bucket(stack, "Logs"))
                    .build())
                .build())
            .volumes(ImageVolumes.builder()
                .rootSize(Size.gibibytes(24))
                .key(key)
                .backup(VolumeBackup.daily(DailyBackupOptions.builder()
                    .keep(Duration.days(7))
                    .hour(1)
                    .vault(BackupVault.fromBackupVaultName(stack, "Vault", "acme"))
                    .build()))
                .build())
            .scan(VulnerabilityScan.gate(ScanGateOptions.builder().critical(0).high(3).build()))
            .sbomBucket(new Bucket(stack, "Bills"))
            .distribution(List.of(
                ImageDistribution.region("eu-central-1", RegionOptions.builder()
                    .accounts(List.of("222222222222"))
                    .organizations(List.of("arn:aws:organizations::111111111111:organization/o-acme"))
                    .organizationalUnits(List.of("arn:aws:organizations::111111111111:ou/o-acme/ou-prod-1"))
                    .tags(Map.of("team", "platform"))
                    .amiName("atlantis")
                    .build()),
                ImageDistribution.region("eu-west-1", RegionOptions.builder()
                    .copyTo(List.of("333333333333"))
                    .key(Key.fromKeyArn(stack, "Abroad", ABROAD))
                    .build())))
            .promotion(ImagePromotion.manual(PromotionOptions.builder()
                .launchTemplates(List.of(new LaunchTemplate(stack, "LaunchTemplate")))
                .keep(3)
                .build()))
            .lifecycle(ImageLifecycle.keep(KeptImagesOptions.builder()
                .age(Duration.days(60))
                .newest(2)
                .lastLaunched(Duration.days(14))
                .sharedWith(List.of("222222222222"))
                .build()))
            .notifications(ImageNotifications.everything(NotificationsOptions.builder()
                .topic(new Topic(stack, "Builds"))
                .emails(List.of("ops@example.com"))
                .build()))
            .build();
        ami.getBuilderRole().addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName("CloudWatchAgentServerPolicy"));
    }

    /** Each level as an image of its own. */
    private void levelsApart() {
        Stack stack = new Stack(app, "AmiLevels");
        AtlantisAmi common = AtlantisAmi.Builder.create(stack, "Common")
            .base(ImageBase.latest(ImageOs.UBUNTU_24_04))
            .levels(List.of(ImageLevel.common(CommonLevelOptions.builder().tcpKeepalive(TcpKeepalive.aurora()).ssh(true).build())))
            .builds(List.of(ImageBuilds.onSchedule(ScheduledBuildsOptions.builder()
                .startCondition(BuildCondition.DEPENDENCY_UPDATES)
                .build())))
            .scan(VulnerabilityScan.reportOnly())
            .lifecycle(ImageLifecycle.never())
            .notifications(ImageNotifications.failures())
            .build();
        AtlantisAmi.Builder.create(stack, "Application")
            .base(ImageBase.golden(common))
            .levels(List.of(ImageLevel.of("application", List.of(
                application(),
                ImageComponent.file("motd", DOCUMENT),
                ImageComponent.asset("document", AssetComponentOptions.builder()
                    .path(DOCUMENT)
                    .destination("/opt/document.yaml")
                    .build()),
                ImageComponent.managed("amazon-cloudwatch-agent-linux", ManagedComponentOptions.builder().version("1.x.x").build()),
                ImageComponent.fromArn("arn:aws:imagebuilder:eu-central-1:111111111111:component/own/1.0.0")))))
            .builds(List.of(ImageBuilds.onDemand()))
            .scan(VulnerabilityScan.off())
            .notifications(ImageNotifications.none())
            .build();
        List<ImageLevel> levels = List.of(
            ImageLevel.common(CommonLevelOptions.builder().tcpKeepalive(TcpKeepalive.standard()).build()),
            ImageLevel.atlantis(AtlantisLevelOptions.builder()
                .secrets(List.of(StartSecret.settings(secret(stack, "Settings", "atlantis/settings"))))
                .dataVolume(DataVolume.none())
                .tls(ServerTls.fromSecrets(
                    secret(stack, "Certificate", "atlantis/certificate"),
                    secret(stack, "PrivateKey", "atlantis/key")))
                .build()));
        Map<String, ImageBase> bases = new LinkedHashMap<>();
        bases.put("Parameter", ImageBase.ssmParameter("/acme/base", ImageOs.AMAZON_LINUX_2023));
        bases.put("Id", ImageBase.amiId("ami-0123456789abcdef0", ImageOs.AMAZON_LINUX_2023,
            ImageBaseOptions.builder().rootDeviceName("/dev/sda1").build()));
        bases.put("Marketplace", ImageBase.marketplace("prod-0123456789abc", ImageOs.UBUNTU_24_04));
        bases.forEach((name, base) -> AtlantisAmi.Builder.create(stack, name)
            .base(base)
            .levels(levels)
            .builds(List.of(ImageBuilds.afterDeploy()))
            .volumes(ImageVolumes.builder().backup(VolumeBackup.none()).build())
            .promotion(ImagePromotion.automatic())
            .build());
    }

    private static ImageComponent application() {
        Map<String, ComponentParameter> parameters = new LinkedHashMap<>();
        parameters.put("release", ComponentParameter.builder().description("what is fetched").build());
        parameters.put("folder", ComponentParameter.builder().defaultValue("/opt/application").build());
        return ImageComponent.inline("application", ComponentDocument.builder()
            .description("Fetches, builds and starts an application")
            .parameters(parameters)
            .buildSteps(List.of(
                ComponentStep.updateOs("Update"),
                ComponentStep.createFolder("Folder", CreateFolderProps.builder().path("/opt/application").owner("atlantis").build()),
                ComponentStep.s3Download("Fetch", S3DownloadProps.builder()
                    .source("s3://acme-releases/{{ release }}.tar")
                    .destination("/var/tmp/application.tar")
                    .build()),
                ComponentStep.download("FetchTool", DownloadProps.builder()
                    .url("https://example.com/tool")
                    .destination("/var/tmp/tool")
                    .sha256(SHA256)
                    .build()),
                ComponentStep.bash("Build", List.of("mkdir -p {{ folder }}", "tar -xf /var/tmp/application.tar -C {{ folder }}"),
                    StepOptions.builder().timeout(Duration.minutes(20)).attempts(2).onFailure(StepFailure.ABORT).build()),
                ComponentStep.createFile("Unit", CreateFileProps.builder()
                    .path("/etc/systemd/system/application.service")
                    .content("[Service]\nExecStart=/opt/application/run\n")
                    .build()),
                ComponentStep.bash("Report", List.of("echo {{ loop.value }}"),
                    StepOptions.builder().forEach(List.of("one", "two")).onFailure(StepFailure.IGNORE).build()),
                ComponentStep.reboot("Restart")))
            .validateSteps(List.of(
                ComponentStep.bash("Look", List.of("test -e /opt/application/run"),
                    StepOptions.builder().onFailure(StepFailure.CONTINUE).build()),
                ComponentStep.s3Upload("Report", S3UploadProps.builder()
                    .source("/etc/os-release")
                    .destination("s3://acme-releases/os-release")
                    .build())))
            .build(), ImageComponentOptions.builder().parameters(Map.of("release", "1.2.3")).build());
    }

    /** Another account and region that get copies. */
    private void elsewhere() {
        Stack stack = in("AmiElsewhere", "333333333333", "eu-west-1");
        ImageDistributionRole.Builder.create(stack, "DistributionRole")
            .sourceAccount("111111111111")
            .keys(List.of(new Key(stack, "Key")))
            .build();
        PromotedImage.Builder.create(stack, "Image")
            .candidateParameterName("/imagebuilder/atlantis/candidate")
            .promotion(ImagePromotion.automatic(PromotionOptions.builder().keep(2).build()))
            .build();
        AtlantisAmi.Builder.create(stack, "Alone")
            .levels(List.of(ImageLevel.atlantis(AtlantisLevelOptions.builder()
                .tls(ServerTls.atLoadBalancer())
                .dataVolume(DataVolume.none())
                .build())))
            .build();
    }

    private Stack in(String id, String account, String region) {
        Environment environment = Environment.builder().account(account).region(region).build();
        return new Stack(app, id, StackProps.builder().env(environment).build());
    }

    private static ISecret secret(Stack stack, String id, String name) {
        return Secret.fromSecretNameV2(stack, id, name);
    }
}
