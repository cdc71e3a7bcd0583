package compared;

import io.github.cdkatlantis.AtlantisDomain;
import io.github.cdkatlantis.AtlantisImage;
import io.github.cdkatlantis.AtlantisIngress;
import io.github.cdkatlantis.AtlantisLogLevel;
import io.github.cdkatlantis.AtlantisOnFargate;
import io.github.cdkatlantis.AtlantisVersion;
import io.github.cdkatlantis.CertificateDomainProps;
import io.github.cdkatlantis.GiteaProps;
import io.github.cdkatlantis.GithubAppProps;
import io.github.cdkatlantis.GithubProps;
import io.github.cdkatlantis.HostedDomainProps;
import io.github.cdkatlantis.LoadBalancerIngressProps;
import io.github.cdkatlantis.Persistence;
import io.github.cdkatlantis.RepoConfig;
import io.github.cdkatlantis.ServerSettings;
import io.github.cdkatlantis.TfDistribution;
import io.github.cdkatlantis.VcsProvider;
import io.github.cdkatlantis.WebAccess;
import io.github.cdkatlantis.WebhookSources;
import java.util.List;
import java.util.Locale;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.certificatemanager.Certificate;
import software.amazon.awscdk.services.cloudwatch.CreateAlarmOptions;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.SubnetSelection;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ecs.Cluster;
import software.amazon.awscdk.services.ecs.CpuArchitecture;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.amazon.awscdk.services.route53.HostedZone;
import software.amazon.awscdk.services.route53.HostedZoneAttributes;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.ISecret;
import software.amazon.awscdk.services.secretsmanager.Secret;

/**
 * The same app as in ../typescript and ../python: it, {@link Bootstraps} and {@link Amis} use every factory and enum member. Its
 * argument is the output directory.
 */
public final class App {
    private final software.amazon.awscdk.App app;

    private App(String outdir) {
        app = new software.amazon.awscdk.App(AppProps.builder().outdir(outdir).build());
    }

    public static void main(String[] arguments) {
        App compared = new App(arguments[0]);
        compared.defaults();
        compared.everything();
        for (AtlantisLogLevel level : List.of(AtlantisLogLevel.INFO, AtlantisLogLevel.WARN, AtlantisLogLevel.ERROR)) {
            compared.ephemeral(level);
        }
        new Bootstraps(compared.app).all();
        new Amis(compared.app).all();
        compared.app.synth();
    }

    private void defaults() {
        Stack stack = new Stack(app, "Defaults");
        AtlantisOnFargate atlantis = AtlantisOnFargate.Builder.create(stack, "Atlantis")
            .vcs(List.of(VcsProvider.githubApp(GithubAppProps.builder()
                .slug("acme-atlantis")
                .credentials(Secret.fromSecretNameV2(stack, "App", "atlantis/app"))
                .build())))
            .repoAllowlist(List.of("github.com/acme/*"))
            .ingress(AtlantisIngress.loadBalancer(LoadBalancerIngressProps.builder()
                .domain(AtlantisDomain.hosted(HostedDomainProps.builder()
                    .zone(HostedZone.fromHostedZoneAttributes(stack, "Zone",
                        HostedZoneAttributes.builder().hostedZoneId("Z1").zoneName("example.com").build()))
                    .build()))
                .build()))
            .build();

        Bucket bucket = new Bucket(stack, "Bucket");
        bucket.grantRead(atlantis);
        atlantis.metricCpuUtilization().createAlarm(stack, "Cpu", alarm(90, 3));
        atlantis.metricMemoryUtilization().createAlarm(stack, "Memory", alarm(90, 3));
        atlantis.metric("RunningTaskCount").createAlarm(stack, "Running", alarm(1, 1));
        output(stack, "Url", atlantis.getUrl());
        output(stack, "Revision", atlantis.getTaskDefinitionRevision());
        output(stack, "WebhookSecret", atlantis.getWebhookSecrets().get(0).getSecretArn());
        output(stack, "FileSystem", atlantis.getFileSystemDnsName());
    }

    private void everything() {
        Stack stack = new Stack(app, "Everything");
        Vpc vpc = Vpc.Builder.create(stack, "Vpc").maxAzs(2).build();
        SecurityGroup client = SecurityGroup.Builder.create(stack, "Database").vpc(vpc).build();
        AtlantisOnFargate atlantis = AtlantisOnFargate.Builder.create(stack, "Atlantis")
            .vcs(List.of(
                VcsProvider.github(GithubProps.builder()
                    .user("atlantis")
                    .credentials(Secret.fromSecretNameV2(stack, "Github", "atlantis/github"))
                    .webhookSecret(Secret.fromSecretNameV2(stack, "Webhook", "atlantis/webhook"))
                    .build()),
                VcsProvider.gitea(GiteaProps.builder()
                    .user("atlantis")
                    .credentials(Secret.fromSecretNameV2(stack, "Gitea", "atlantis/gitea"))
                    .baseUrl("https://git.example.com")
                    .build())))
            .repoAllowlist(List.of("github.com/acme/*", "git.example.com/acme/*", "!github.com/acme/secret"))
            .ingress(AtlantisIngress.loadBalancer(LoadBalancerIngressProps.builder()
                .domain(AtlantisDomain.certificate(CertificateDomainProps.builder()
                    .domainName("atlantis.example.com")
                    .certificate(Certificate.fromCertificateArn(stack, "Certificate",
                        "arn:aws:acm:eu-west-1:111111111111:certificate/one"))
                    .build()))
                .ui(WebAccess.cidrs(List.of("203.0.113.0/24")))
                .sources(WebhookSources.cidrs(List.of("198.51.100.0/24")))
                .subnets(SubnetSelection.builder().subnetType(SubnetType.PUBLIC).build())
                .build()))
            .cluster(Cluster.Builder.create(stack, "Cluster").vpc(vpc).enableFargateCapacityProviders(true).build())
            .taskSubnets(SubnetSelection.builder().subnetType(SubnetType.PRIVATE_WITH_EGRESS).build())
            .persistence(Persistence.efs())
            .repoConfig(RepoConfig.lockedDown())
            .settings(ServerSettings.builder()
                .defaultTfDistribution(TfDistribution.OPENTOFU)
                .defaultTfVersion("1.12.3")
                .logLevel(AtlantisLogLevel.DEBUG)
                .parallelPoolSize(2)
                .build())
            .image(AtlantisImage.upstream(AtlantisVersion.of("0.48.0")))
            .cpuArchitecture(CpuArchitecture.X86_64)
            .cpu(2048)
            .memoryLimitMiB(4096)
            .logRetention(RetentionDays.ONE_YEAR)
            .logEncryptionKey(new Key(stack, "Key"))
            .build();
        atlantis.getConnections().allowTo(client, Port.tcp(5432), "plans read the database");
    }

    private void ephemeral(AtlantisLogLevel logLevel) {
        Stack stack = new Stack(app, "Ephemeral" + logLevel.name().toLowerCase(Locale.ROOT));
        ISecret credentials = Secret.fromSecretNameV2(stack, "Github", "atlantis/github");
        AtlantisOnFargate.Builder.create(stack, "Atlantis")
            .vcs(List.of(VcsProvider.github(GithubProps.builder().user("atlantis").credentials(credentials).build())))
            .repoAllowlist(List.of("github.com/acme/*"))
            .ingress(AtlantisIngress.loadBalancer(LoadBalancerIngressProps.builder()
                .domain(AtlantisDomain.awsAssigned())
                .ui(WebAccess.closed())
                .sources(WebhookSources.anywhere())
                .build()))
            .persistence(Persistence.ephemeral())
            .image(AtlantisImage.upstream(AtlantisVersion.V0_47_1))
            .settings(ServerSettings.builder().defaultTfDistribution(TfDistribution.TERRAFORM).logLevel(logLevel).build())
            .build();
    }

    private static CreateAlarmOptions alarm(Number threshold, Number periods) {
        return CreateAlarmOptions.builder().threshold(threshold).evaluationPeriods(periods).build();
    }

    private static void output(Stack stack, String id, String value) {
        CfnOutput.Builder.create(stack, id).value(value).build();
    }
}
