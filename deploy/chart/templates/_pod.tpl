{{- define "kubesentiment.pod" -}}
metadata:
  labels:
    {{- include "kubesentiment.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "kubesentiment.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "kubesentiment.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "kubesentiment.gracePeriod" . }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile:
      type: RuntimeDefault
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: kubesentiment
      image: {{ include "kubesentiment.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [consume, --config, /etc/kubesentiment/kafka.yaml]
      env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        {{- if eq .Values.workload "StatefulSet" }}
        - name: KAFKA_GROUP_INSTANCE_ID
          value: $(POD_NAME)
        - name: KAFKA_TRANSACTIONAL_ID
          value: $(POD_NAME)
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: {{ .Values.http.port }}
      # Answers while the model is loaded and the group is joined; an unreachable broker ends the process by itself.
      startupProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 2
        failureThreshold: 60
      # The event loop and the poll loops, never the broker.
      livenessProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      # The group has given this pod its share, and it has not stopped.
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - {name: config, mountPath: /etc/kubesentiment, readOnly: true}
        - {name: tmp, mountPath: /tmp}
        - {name: http, mountPath: /run/secrets/http, readOnly: true}
        {{- range $volume, $secret := include "kubesentiment.secretVolumes" . | fromYaml }}
        - {name: {{ $volume }}, mountPath: /run/secrets/{{ $volume }}, readOnly: true}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      configMap: {name: {{ include "kubesentiment.name" . }}}
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    - name: http
      secret: {secretName: {{ include "kubesentiment.httpSecret" . }}, defaultMode: 0440}
    {{- range $volume, $secret := include "kubesentiment.secretVolumes" . | fromYaml }}
    - name: {{ $volume }}
      secret: {secretName: {{ $secret }}, defaultMode: 0440}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  topologySpreadConstraints:
    {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "kubesentiment.selector" $ | nindent 10 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Name of a volume → name of its secret, for those that are used. */}}
{{- define "kubesentiment.secretVolumes" -}}
{{- with .Values.secrets -}}
{{- if .tls.name }}
kafka-tls: {{ .tls.name }}
{{- end }}
{{- if .sasl.name }}
kafka-sasl: {{ .sasl.name }}
{{- end }}
{{- if .oauth.name }}
kafka-oauth: {{ .oauth.name }}
{{- end }}
{{- if .keyring.name }}
keyring: {{ .keyring.name }}
{{- end }}
{{- end -}}
{{- end }}
