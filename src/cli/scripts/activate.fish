# A session of the Terraform role in this shell, for fish:
#
#     source activate.fish [--profile NAME]   asks for the MFA code, exports the credentials of one hour
#     cdk_atlantis_time_left                  says how much of the hour is left
#     deactivate [--revoke]                   puts everything back; --revoke also ends the session on the server
#
# The profile is the one of --profile, AWS_PROFILE or AWS_DEFAULT_PROFILE. In a script that has arguments of its own, say
# `source activate.fish --`, for a sourced file sees these. With CDK_ATLANTIS_DISABLE_PROMPT set, the prompt stays as it is.
# Written by `cdk-atlantis bootstrap init`: no secret is in it, and none is written to any file.

# Until the session is there only variables of this file are set and no function is made, so that an interrupt leaves nothing.
set -l IFS \n\ \t
# what is executed was called by nothing
if not status stack-trace | count >/dev/null
    builtin printf 'cdk-atlantis: source it (source activate.fish): what is executed cannot change your shell\n' >&2
    return 1
end
if set -qg __cdk_atlantis_expires
    if cdk_atlantis_time_left >/dev/null 2>&1
        builtin printf 'cdk-atlantis: a session is active (%s): deactivate first\n' (cdk_atlantis_time_left 2>/dev/null) >&2
    else
        cdk_atlantis_time_left
    end
    return 1
end

set -l region '@@region@@'
set -l account '@@account@@'
set -l people '@@people@@'
set -l chamber '@@chamberKmsKeyAlias@@'
set -l profile "$AWS_PROFILE"
test -n "$profile"; or set profile "$AWS_DEFAULT_PROFILE"
# keys in the environment come before a profile that the person did not name
test -n "$profile$AWS_ACCESS_KEY_ID"; or set profile '@@profile@@'
if test (count $argv) -eq 2 -a "$argv[1]" = --profile -a -n "$argv[2]"
    set profile $argv[2]
else if test (count $argv) -gt 0 -a "$argv[1]" != --
    builtin printf 'cdk-atlantis: usage: source activate.fish [--profile NAME]\n' >&2
    return 1
end
# fish exports a universal variable even where a global one hides it
for name in AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN
    if set -qU $name
        builtin printf 'cdk-atlantis: %s is a universal variable, which a session cannot hide: make it global (set -gx)\n' $name >&2
        return 1
    end
end
if not command -q aws
    builtin printf 'cdk-atlantis: the AWS command line (aws) is not on the PATH\n' >&2
    return 1
end

set -l common --output text --region $region
test -n "$profile"; and set -a common --profile $profile
set -l user
set -l serial
set -l fields
set -l epoch
for step in identity device session
    set -l what
    set -l call
    set -l input ''
    switch $step
        case identity
            set what 'cannot tell who you are'
            set call sts get-caller-identity --query Arn
        case device
            test $people = users; or continue
            set what "cannot find the MFA device of $user"
            # a passkey signs in to the console and cannot make a code
            set call iam list-mfa-devices --user-name $user \
                --query "MFADevices[?!contains(SerialNumber, ':u2f/')] | [0].SerialNumber"
        case session
            set what 'no session'
            set call sts assume-role --role-arn '@@role@@' --role-session-name $user --duration-seconds 3600 \
                --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken,Expiration]'
            if test $people = users
                # not as an argument, which everybody on the machine can see
                set -a call --serial-number $serial --token-code file:///dev/stdin
                if not true </dev/tty 2>/dev/null
                    builtin printf 'cdk-atlantis: there is no terminal to read the MFA code from\n' >&2
                    return 1
                end
                set -l code
                read --silent --prompt-str "MFA code of $user: " code </dev/tty >/dev/tty
                if not string match -qr '^[0-9]{6}$' -- "$code"
                    builtin printf 'cdk-atlantis: an MFA code is six digits\n' >&2
                    return 1
                end
                set input $code
            end
    end
    set -l answer (builtin printf '%s' "$input" | AWS_PAGER= AWS_CLI_AUTO_PROMPT=off command aws $call $common 2>&1)
    if test $status -ne 0
        set -l why (string match -r '.*rror occurred \(.*' -- $answer) (string match -rv '^\s*$' -- $answer)[-1] 'aws failed without a word'
        builtin printf 'cdk-atlantis: %s: %s\n' $what (string replace -ra '[[:cntrl:]]' ' ' -- $why[1]) >&2
        return 1
    end
    # what aws says on standard error beside its answer is not of these forms
    switch $step
        case identity
            set -l arn (string match -r '^arn:\S+$' -- $answer)[-1]
            set -l wanted '^arn:[^:]+:iam::([0-9]+):user/(?:[^/]+/)*([[:alnum:]+=,.@_-]+)$'
            test $people = users; or set wanted '^arn:[^:]+:sts::([0-9]+):assumed-role/AWSReservedSSO_[^/]+/([[:alnum:]+=,.@_-]+)$'
            set -l parts (string match -r $wanted -- "$arn")
            set user $parts[3]
            if test -z "$arn"
                builtin printf 'cdk-atlantis: cannot tell who you are: aws gave no identity\n' >&2
                return 1
            else if test -z "$user"
                builtin printf 'cdk-atlantis: these are credentials of %s, which is nobody who may start a session\n' $arn >&2
                return 1
            else if test "$parts[2]" != $account
                builtin printf 'cdk-atlantis: these are credentials of %s, and this is for account %s\n' $arn $account >&2
                return 1
            end
        case device
            set serial (string match -r '^\S+$' -- $answer)[-1]
            if test -z "$serial" -o "$serial" = None
                builtin printf 'cdk-atlantis: %s has no MFA device that makes codes: npx cdk-atlantis bootstrap enroll\n' $user >&2
                return 1
            end
        case session
            set -l time '(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|\+00:00)'
            set fields (string match -r "^(?!None\t)(\S+)\t(?!None\t)(\S+)\t(?!None\t)(\S+)\t($time)\$" -- $answer)
            if test (count $fields) -ne 11
                builtin printf 'cdk-atlantis: no session: aws gave an answer that cannot be read\n' >&2
                return 1
            end
            # years and months counted from March, so that the leap day is the last one; `date` reads a time differently on each system
            set -l year $fields[6]
            set -l month (math $fields[7] - 3)
            if test $month -lt 0
                set month (math $month + 12)
                set year (math $year - 1)
            end
            set -l day (math "365 * $year + floor($year / 4) - floor($year / 100) + floor($year / 400)" \
                "+ floor((153 * $month + 2) / 5) + $fields[8] - 719469")
            set epoch (math "$day * 86400 + $fields[9] * 3600 + $fields[10] * 60 + $fields[11]")
            if test $epoch -le (command date +%s)
                builtin printf 'cdk-atlantis: no session: it ended at %s, by the clock of this machine\n' $fields[5] >&2
                return 1
            end
    end
end

set -g __cdk_atlantis_names AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_CREDENTIAL_EXPIRATION \
    AWS_PROFILE AWS_DEFAULT_PROFILE AWS_REGION AWS_DEFAULT_REGION
test -n "$chamber"; and set -a __cdk_atlantis_names CHAMBER_KMS_KEY_ALIAS CHAMBER_SECRET_BACKEND CHAMBER_AWS_REGION
for name in $__cdk_atlantis_names
    set -qg $name; or continue
    # the value as a list, as it may be one
    set -l scope (set -qgx $name; and echo exported; or echo shell)
    eval set -g __cdk_atlantis_old_$name $scope '$'$name
    set -eg $name
end
set -gx AWS_ACCESS_KEY_ID $fields[2]
set -gx AWS_SECRET_ACCESS_KEY $fields[3]
set -gx AWS_SESSION_TOKEN $fields[4]
set -gx AWS_CREDENTIAL_EXPIRATION $fields[5]
set -gx AWS_REGION $region
set -gx AWS_DEFAULT_REGION $region
if test -n "$chamber"
    set -gx CHAMBER_KMS_KEY_ALIAS $chamber
    set -gx CHAMBER_SECRET_BACKEND '@@chamberSecretBackend@@'
    set -gx CHAMBER_AWS_REGION $region
end
set -g __cdk_atlantis_expires $epoch
set -g __cdk_atlantis_user $user
set -g __cdk_atlantis_common $common

function cdk_atlantis_time_left
    set -l left (math $__cdk_atlantis_expires - (command date +%s))
    if test $left -le 0
        builtin printf 'cdk-atlantis: the session has expired: deactivate, then activate again\n' >&2
        return 1
    end
    builtin printf '%s minutes left\n' (math "floor($left / 60)")
    if test $left -lt 900
        builtin printf 'cdk-atlantis: the session ends soon: to renew it, deactivate, then activate again\n' >&2
    end
end

# A `deactivate` that is there already, say of a Python environment, comes back afterwards.
functions -q deactivate; and functions -c deactivate __cdk_atlantis_other_deactivate

function deactivate
    # a Python environment that is being activated asks whatever `deactivate` is there to make way
    test "$argv" = nondestructive; and return 0
    if test (count $argv) -gt 0 -a "$argv" != --revoke
        builtin printf 'cdk-atlantis: usage: deactivate [--revoke]\n' >&2
        return 1
    end
    set -l IFS \n\ \t
    set -l user $__cdk_atlantis_user
    set -l common $__cdk_atlantis_common
    set -l until $AWS_CREDENTIAL_EXPIRATION
    for name in $__cdk_atlantis_names
        set -eg $name
        set -l old __cdk_atlantis_old_$name
        set -q $old; or continue
        if test $$old[1][1] = exported
            set -gx $name $$old[1][2..-1]
        else
            set -g $name $$old[1][2..-1]
        end
        set -eg $old
    end
    if functions -q __cdk_atlantis_fish_prompt
        # somebody else's by now, if it does not call what it was: then that one still needs both
        if functions fish_prompt | string match -q '*__cdk_atlantis_fish_prompt*'
            functions -e fish_prompt
            functions -c __cdk_atlantis_fish_prompt fish_prompt
            functions -e __cdk_atlantis_fish_prompt
        end
    end
    functions -e deactivate cdk_atlantis_time_left
    if functions -q __cdk_atlantis_other_deactivate
        functions -c __cdk_atlantis_other_deactivate deactivate
        functions -e __cdk_atlantis_other_deactivate
    end
    set -eg __cdk_atlantis_names
    set -eg __cdk_atlantis_expires
    set -eg __cdk_atlantis_user
    set -eg __cdk_atlantis_common
    test "$argv" = --revoke; or return 0

    # Starts the person's own state machine with the credentials of before, and waits for its end.
    set -l call start-execution --state-machine-arn '@@stateMachine@@'$user --input '{}' --query executionArn
    set -l execution
    set -l why
    for try in (seq 61)
        set -l answer (AWS_PAGER= AWS_CLI_AUTO_PROMPT=off command aws stepfunctions $call $common </dev/null 2>&1)
        if test $status -ne 0
            set why (string match -r '.*rror occurred \(.*' -- $answer) (string match -rv '^\s*$' -- $answer)[-1] \
                'aws failed without a word'
            break
        end
        if test -z "$execution"
            set execution (string match -r '^arn:\S+$' -- $answer)[-1]
            set call describe-execution --execution-arn "$execution" --query status
            continue
        end
        set -l state (string match -r '^[A-Z_]+$' -- $answer)[-1]
        if test "$state" = SUCCEEDED
            builtin printf 'Sessions of %s are revoked.\n' $user
            return 0
        end
        set why "$execution is $state"
        test "$state" = RUNNING; or break
        command sleep 1
    end
    builtin printf 'cdk-atlantis: the session is NOT revoked on the server: %s; it lives on until %s\n' \
        (string replace -ra '[[:cntrl:]]' ' ' -- $why[1]) $until >&2
    return 1
end

if functions -q fish_prompt; and test -z "$CDK_ATLANTIS_DISABLE_PROMPT"
    functions -c fish_prompt __cdk_atlantis_fish_prompt
    function fish_prompt
        # the old prompt comes first, for it may show the exit status
        set -l prompt (__cdk_atlantis_fish_prompt | string collect --no-trim-newlines)
        if set -qg __cdk_atlantis_expires
            set -l left (math $__cdk_atlantis_expires - (command date +%s))
            set -l label '@@label@@'
            if test $left -le 0
                builtin printf '(%s expired) ' $label
            else if test $left -lt 900
                builtin printf '(%s %sm left) ' $label (math "floor($left / 60)")
            else
                builtin printf '(%s %sm) ' $label (math "floor($left / 60)")
            end
        end
        builtin printf '%s' "$prompt"
    end
end

builtin printf 'Session of %s in account %s: ' $user $account
cdk_atlantis_time_left
