module example.com/cdk-atlantis/integ/local/relay

go 1.22
